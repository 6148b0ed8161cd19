import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClientTls } from "./differential/client.js";
import type { Configuration } from "./differential/configuration.js";
import { listenerConfig, nativeFilter, ourFilter } from "./differential/chain.js";
import { literalsOf, snakeCased, type Literals } from "./differential/literals.js";
import { ourModule } from "./differential/pairs.js";
import { build, requestPlan, slotsOf, type Slots } from "./differential/request.js";
import { Rig } from "./differential/rig.js";
import { translations, type Translation } from "./istio/corpus.js";
import { Authority, hasOpenssl } from "./mtls/certificates.js";
import { optionalMutualTls } from "./mtls/socket.js";
import { nativeNetworkFilter, tcpListenerConfig } from "./tcp/chain.js";
import { buildConnection, connect } from "./tcp/connection.js";

/** For each of the hundred or so configurations, on a new connection with TLS most times. */
const RUNS = Math.max(50, Math.min(200, Number(process.env.TREMULA_FUZZ_RUNS ?? 2000) / 50));
const SEED = Number(process.env.TREMULA_SEED ?? 1);
const HTTP = translations("http");
const TCP = translations("tcp");

const isPossible = HTTP.length > 0 && hasOpenssl();
if (!isPossible) console.warn("skipped: Istio's policies, which need the corpora and openssl");

let authority: Authority;
let rig: Rig;
const identities = new Map<string, ClientTls>();

beforeAll(async () => {
  if (!isPossible) return;
  authority = new Authority();
  const server = authority.issue("/CN=server", ["DNS:server.example"]);
  const transportSocket = optionalMutualTls(server, authority.certificate);
  const module = await ourModule();
  const listeners = [
    ...HTTP.flatMap((one) => {
      const around = {
        slots: materialOf(one).slots,
        transportSocket,
        shadowPrefix: snakeCasedOf(one).shadow_rules_stat_prefix ?? "",
      };
      const native = nativeFilter(one.configuration);
      return [
        listenerConfig({ ...around, name: `native ${one.name}`, filters: [native] }),
        listenerConfig({
          ...around,
          name: `ours ${one.name}`,
          filters: [module === null ? native : ourFilter(one.configuration, module)],
        }),
      ];
    }),
    ...TCP.flatMap((one) => {
      const around = { slots: materialOf(one).slots, transportSocket };
      const native = nativeNetworkFilter(one.configuration);
      const ours = module === null ? native : ourFilter(one.configuration, module, "network");
      return [
        tcpListenerConfig({ ...around, name: `native ${one.name}`, filters: [native] }),
        tcpListenerConfig({ ...around, name: `ours ${one.name}`, filters: [ours] }),
      ];
    }),
  ];
  rig = await Rig.startConfigs(listeners);
});

afterAll(async () => {
  await rig?.stop();
  authority?.close();
});

const snakeCasedOf = ({ configuration }: Translation) => snakeCased(configuration) as Configuration;

/** What requests for it are made of. */
function materialOf(one: Translation): { literals: readonly Literals[]; slots: Slots } {
  const { rules, shadow_rules: shadow } = snakeCasedOf(one);
  const policies = [rules, shadow].flatMap((set) => Object.values(set?.policies ?? {}));
  return {
    literals: policies.length > 0 ? policies.map(literalsOf) : [literalsOf({})],
    slots: slotsOf(literalsOf(policies)),
  };
}

/** A client with a certificate for one of the principals, or without. */
function identityOf({ principals, serverNames }: Literals, pick: number): ClientTls {
  const servername =
    pick % 3 === 0 ? "" : (serverNames[pick % serverNames.length] ?? "").replace(/^\.|\.$/g, "x");
  const principal = principals[pick % (principals.length + 1)];
  if (principal === undefined) return { id: `none ${servername}`, servername };
  const known = identities.get(principal) ?? {
    id: principal,
    ...authority.issue("/CN=client", [`URI:${principal.replace(/[^\x21-\x7e]/g, "")}`]),
  };
  identities.set(principal, known);
  return { ...known, id: `${principal} ${servername}`, servername };
}

const identityPick = fc.nat(60);

describe.skipIf(!isPossible)("what Istio generates", { timeout: 120_000 }, () => {
  const decided = new Map<string, Set<string>>();

  test.for(HTTP)("$name: decides as the native filter does", async (one) => {
    const { literals, slots } = materialOf(one);
    const seen = decided.set(one.name, new Set()).get(one.name)!;
    await fc.assert(
      fc.asyncProperty(requestPlan, identityPick, async (plan, pick) => {
        const policy = literals[plan.policy % literals.length]!;
        const request = build(plan, policy, slots);
        const client = identityOf(policy, pick);
        const [native, ours] = await Promise.all([
          rig.ask(`native ${one.name}`, request, client),
          rig.ask(`ours ${one.name}`, request, client),
        ]);
        seen.add(`${native.details} ${native.shadowPolicy}`);
        expect(ours, `${JSON.stringify(request)} by ${client.id}`).toEqual(native);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test.for(TCP)("$name: decides as the native filter does", async (one) => {
    const { literals, slots } = materialOf(one);
    const seen = decided.set(one.name, new Set()).get(one.name)!;
    await fc.assert(
      fc.asyncProperty(requestPlan, identityPick, async (plan, pick) => {
        const policy = literals[plan.policy % literals.length]!;
        const connection = buildConnection(plan, policy, slots);
        const client = identityOf(policy, pick);
        const [native, ours] = await Promise.all(
          ["native", "ours"].map((who) => connect(rig.port(`${who} ${one.name}`), connection, client)),
        );
        seen.add(native!);
        expect(ours, `${JSON.stringify(connection)} by ${client.id}`).toEqual(native);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test("the requests were let in here and not there", () => {
    // A few are the same for all: allow nothing, deny everything, addresses that no connection comes from.
    const outcomes = [...decided.values()].filter((seen) => seen.size > 1);
    expect(outcomes.length).toBeGreaterThan(decided.size * 0.75);
  });
});
