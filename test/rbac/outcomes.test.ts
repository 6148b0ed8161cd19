// What decisions leave behind: filter state and lines of the log. What they say on Envoy: test/conformance/rbac.
import { beforeAll, expect, test } from "vitest";
import { LogLevel, startPlugin, type Plugin } from "../../harness/host/index.js";
import { moduleOf } from "../host/support.js";
import { ANY, network, path, policy } from "./config-refused.js";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await moduleOf("filters/rbac/index.ts");
});

function start(configuration: object): Plugin {
  return startPlugin(module, { name: "rbac", configuration: JSON.stringify(configuration) });
}

interface HasState {
  filterState(key: string): Uint8Array | undefined;
}

/** Of one request or connection; null for what is not there. */
function stateOf(stream: HasState, ...keys: readonly string[]): (string | null)[] {
  return keys.map((key) => {
    const octets = stream.filterState(`wasm.rbac.${key}`);
    return octets === undefined ? null : Buffer.from(octets).toString();
  });
}

const ENFORCED = ["e_enforced_effective_policy_id", "e_enforced_engine_result"];
const onlyA = { ...path({ exact: "/a" }), rules_stat_prefix: "e_" };

test("with enforced_results the rules leave what they decide, and otherwise nothing", () => {
  const on = start({ ...onlyA, enforced_results: true });
  expect(stateOf(on.request({ path: "/a" }), ...ENFORCED)).toEqual(["p", "allowed"]);
  expect(stateOf(on.request({ path: "/b" }), ...ENFORCED)).toEqual([null, "denied"]);
  const off = start(onlyA);
  expect(stateOf(off.request({ path: "/a" }), ...ENFORCED)).toEqual([null, null]);
  const without = start({ enforced_results: true, rules_stat_prefix: "e_", shadow_rules: {} });
  const keys = [...ENFORCED, "shadow_engine_result"];
  expect(stateOf(without.request({ path: "/a" }), ...keys)).toEqual([null, null, "denied"]);
});

test("connections too", () => {
  const plugin = start(network({ ...policy({}), enforced_results: true }));
  const connection = plugin.tcp();
  connection.send("a");
  const keys = ["enforced_effective_policy_id", "enforced_engine_result"];
  expect(stateOf(connection, ...keys)).toEqual(["p", "allowed"]);
});

test("LOG leaves a hint where it is enforced, not where it is tried", () => {
  const log = (fields: object) => ({ action: "LOG", policies: { p: { principals: [ANY], ...fields } } });
  const all = log({ permissions: [ANY] });
  const hint = (configuration: object) =>
    stateOf(start(configuration).request({ path: "/" }), "access_log_hint")[0];
  expect(hint({ rules: all })).toBe("true");
  expect(hint({ rules: { action: "LOG" }, shadow_rules: all })).toBe("false");
  expect(hint({ shadow_rules: all })).toBeNull();
});

test.each([
  [0, 0],
  [25, 1],
  [50, 2],
  [100, 4],
])(
  "explain_percent %d explains %d of four requests, each with what the shadow rules say",
  (percent, count) => {
    const { rules } = policy({});
    const plugin = start({ explain_percent: percent, rules, shadow_rules: rules });
    for (let i = 0; i < 4; i++) plugin.request({ path: "/" });
    const one = ['rbac shadow: allowed, policy "p" matches', 'rbac: allowed, policy "p" matches'];
    const said = plugin.host.log.messages(LogLevel.Info);
    expect(said).toEqual(Array.from({ length: count }, () => one).flat());
  },
);
