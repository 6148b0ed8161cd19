import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ourFilter } from "./differential/chain.js";
import { networkConfiguration } from "./differential/configuration.js";
import { ourModule, subjectOf } from "./differential/pairs.js";
import { requestPlan } from "./differential/request.js";
import { Rig } from "./differential/rig.js";
import { nativeNetworkFilter, tcpListenerConfig } from "./tcp/chain.js";
import { buildConnection, connect } from "./tcp/connection.js";

const RUNS = Math.max(300, Number(process.env.TREMULA_FUZZ_RUNS ?? 2000) / 10);
const SEED = Number(process.env.TREMULA_SEED ?? 1);
const subjects = fc.sample(networkConfiguration, { numRuns: 40, seed: SEED }).map(subjectOf);
let rig: Rig;

beforeAll(async () => {
  const module = await ourModule();
  rig = await Rig.startConfigs(
    subjects.flatMap(({ configuration, slots }, index) => {
      // Statistics are told apart by the prefix, which has to differ where both are the native filter.
      const named = (who: string) => ({ ...configuration, stat_prefix: `${who}-${index}.` });
      const ours =
        module === null ? nativeNetworkFilter(named("ours")) : ourFilter(named("ours"), module, "network");
      return [
        tcpListenerConfig({
          name: `native-${index}`,
          filters: [nativeNetworkFilter(named("native"))],
          slots,
        }),
        tcpListenerConfig({ name: `ours-${index}`, filters: [ours], slots }),
      ];
    }),
  );
});

afterAll(() => rig?.stop());

/** The counters of all listeners of one side, without what tells the sides apart. */
async function countersOf(who: "native" | "ours"): Promise<Record<string, number>> {
  const native = new RegExp(`^${who}-(\\d+)\\.rbac\\.(.*)$`);
  const ours = new RegExp(`^wasmcustom\\.rbac\\.${who}-(\\d+)\\.(.*)$`);
  const found = [...(await rig.counters())].flatMap(([name, value]): [string, number][] => {
    const [, index, rest] = native.exec(name) ?? ours.exec(name) ?? [];
    return rest === undefined ? [] : [[`${index} ${rest}`, value]];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test(
  `decides on ${RUNS} connections in ${subjects.length} configurations as the native network filter does`,
  async () => {
    const seen = { echo: 0, closed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(subjects.length - 1), requestPlan, async (index, plan) => {
        const { configuration, literals, slots } = subjects[index]!;
        const connection = buildConnection(plan, literals[plan.policy % literals.length]!, slots);
        const [native, ours] = await Promise.all(
          ["native", "ours"].map((who) => connect(rig.port(`${who}-${index}`), connection, undefined)),
        );
        seen[native!]++;
        expect(ours, `${JSON.stringify(configuration)}\n${JSON.stringify(connection)}`).toBe(native);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    const native = await countersOf("native");
    expect(await countersOf("ours")).toEqual(native);
    expect(Object.keys(native).length).toBeGreaterThan(subjects.length);
    expect(Math.min(seen.echo, seen.closed)).toBeGreaterThan(RUNS / 5);
  },
  Math.max(120_000, RUNS * 100),
);
