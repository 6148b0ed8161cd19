import { beforeAll, expect, it } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;

beforeAll(async () => {
  unit = await loadUnit("telemetry-stats");
}, 60_000);

function ask(question: string, text: string): string {
  unit.give(text);
  return unit.text(unit.call[question]!());
}

it.each([
  ["node.metadata['NAME']", "xds.node.metadata['NAME']"],
  ["node.metadata.LABELS.version", "xds.node.metadata.LABELS.version"],
  ["string(node.id) + 'node.x'", "string(xds.node.id) + 'node.x'"],
  ["xds.node.metadata", "xds.node.metadata"],
  ["request . node", "request . node"],
  ["my_node.x + nodes", "my_node.x + nodes"],
  ["cluster_name == route_name", "xds.cluster_name == xds.route_name"],
  ["listener_direction", "xds.listener_direction"],
  ["upstream_host_metadata.filter_metadata", "xds.upstream_host_metadata.filter_metadata"],
  ["upstream_peer.labels['app'].value", "upstream_peer.labels['app']"],
  ['downstream_peer.labels["a\\"b"].value == "x"', 'downstream_peer.labels["a\\"b"] == "x"'],
  ["upstream_peer.labels['app'].values", "upstream_peer.labels['app'].values"],
  ["upstream_peer.workload", "upstream_peer.workload"],
  ["x.upstream_peer.labels['app'].value", "x.upstream_peer.labels['app'].value"],
  ["upstream_peer.labels['app", "upstream_peer.labels['app"],
  ["'never ends \\", "'never ends \\"],
  ["node.id // node's\n + node.id // the same", "xds.node.id // node's\n + xds.node.id // the same"],
  ["", ""],
])("writes the expression %s as %s", (old, today) => {
  expect(ask("modern", old)).toBe(today);
});

it.each<[string, number]>([
  ["15s", 15_000],
  ["1m30s", 90_000],
  ["0.1s", 100],
  ["1.5h", 5_400_000],
  ["500ms", 500],
  ["1500us", 1],
  ["0", 0],
  ["", -1],
  ["s", -1],
  ["5", -1],
  ["-5s", -1],
  ["1.s", 1000],
  [".5s", 500],
  [".s", -1],
  ["1.2.3s", -1],
  ["5 s", -1],
  ["1e3s", -1],
  ["99999h", -1],
])("reads the duration %j as %d ms", (text, milliseconds) => {
  unit.give(text);
  expect(unit.call["duration"]!()).toBe(milliseconds);
});

it.each([
  ["a:80", "a"],
  ["a", "a"],
  ["a:", "a"],
  ["[::1]:80", "[::1]"],
  ["[::1]", "[::1]"],
  ["::1", "::1"],
  ["1.2.3.4:80", "1.2.3.4"],
  ["", ""],
])("takes the port off %j", (host, bare) => {
  expect(ask("bareHost", host)).toBe(bare);
});

it("makes hosts small", () => {
  expect(ask("lowerCase", "A.b.COM.")).toBe("a.b.com");
  expect(ask("lowerCase", ".")).toBe(".");
});

it.each<[number, number, string]>([
  [0, 0, "-"],
  [1, 0, "LH"],
  [2, 0, "UH"],
  [(1 << 5) | (1 << 15), 0, "UF,URX"],
  [1 << 26, 0, "DF"],
  [1 << 27, 0, "DO"],
  [1 << 29, 0, "UDO"],
  [
    0x3fffffff,
    0,
    "LH,UH,UT,LR,UR,UF,UC,UO,NR,DI,FI,RL,UAEX,RLSE,DC,URX,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO",
  ],
  [1, 1, "LH,4294967297"],
])("writes the flags %d, %d", (low, high, names) => {
  expect(unit.text(unit.call["flags"]!(low, high))).toBe(names);
});

it("numbers texts in their order, up to a limit", () => {
  unit.call["newIndex"]!(1000);
  const known = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const text = `text ${(i * 7919) % 1500}`;
    unit.give(text);
    const expected = known.get(text) ?? -1;
    expect(unit.call["indexOf"]!()).toBe(expected);
    if (expected >= 0) continue;
    const isFull = known.size === 1000;
    expect(unit.call["add"]!()).toBe(isFull ? -1 : known.size);
    if (!isFull) known.set(text, known.size);
  }
  expect(unit.text(unit.call["textAt"]!(999))).toBe([...known.keys()][999]);
  expect(unit.text(unit.call["textAt"]!(1000))).toBe("");
  unit.call["clear"]!();
  unit.give([...known.keys()][0]!);
  expect(unit.call["indexOf"]!()).toBe(-1);
});

it("finds the row of each key again", () => {
  unit.call["newTable"]!();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) expect(unit.call["row"]!(i % 60, i % 1000, round * 10_000 + i)).toBe(i);
  }
  expect(unit.call["rows"]!()).toBe(3000);
});
