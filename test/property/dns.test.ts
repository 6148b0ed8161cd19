import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("dns");
});

function read(octets: Uint8Array): string {
  unit.give(octets);
  return unit.text(unit.call.read!());
}

/** An answer as Envoy writes it. */
function answer(...entries: [address: string, ttl: number][]): Buffer {
  const head = Buffer.alloc(4 + 4 * entries.length);
  head.writeUInt32LE(entries.length);
  entries.forEach(([, ttl], i) => head.writeUInt32LE(ttl, 4 + 4 * i));
  return Buffer.concat([head, ...entries.map(([address]) => Buffer.from(`${address}\0`))]);
}

test.each([
  [answer(), "0 /0 /0"],
  [answer(["192.0.2.1:0", 60]), "1 /0 192.0.2.1/60 /0"],
  [answer(["[2001:db8::1]:0", 1], ["192.0.2.2:0", 4294967295]), "2 /0 2001:db8::1/1 192.0.2.2/4294967295 /0"],
  [answer(["192.0.2.1", 5], ["2001:db8::0", 6], ["", 7]), "3 /0 192.0.2.1/5 2001:db8::0/6 /7 /0"],
])("an answer is read: %#", (octets, text) => {
  expect(read(octets)).toBe(text);
});

test("what breaks off, and what was never an answer, is read without a trap", () => {
  const whole = answer(["[2001:db8::1]:0", 1], ["192.0.2.2:0", 2]);
  for (let size = 0; size < whole.length; size++) expect(read(whole.subarray(0, size))).toMatch(/^[02] /);
  for (const octets of [
    [0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 0x80, 0],
    [1, 0, 0, 0, 0, 0, 0, 0, 0x5b],
    [1, 0, 0, 0, 9, 9, 9, 9, 0x5b, 0],
  ])
    expect(read(Uint8Array.from(octets))).toMatch(/^[01] /);
});
