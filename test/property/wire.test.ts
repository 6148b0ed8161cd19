import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

type Pair = readonly [name: Uint8Array, value: Uint8Array];

const MAX_PAIRS = 1024;
const MAX_BYTES = 1 << 20;

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("wire");
});
beforeEach(() => unit.call.begin!());

/** The block of some pairs, as the host builds it. */
function blockOf(pairs: readonly Pair[]): Buffer {
  const sizes = pairs.flatMap(([name, value]) => [name.length, value.length]);
  const zero = Buffer.alloc(1);
  return Buffer.concat([
    words(pairs.length, ...sizes),
    ...pairs.flatMap(([name, value]) => [name, zero, value, zero]),
  ]);
}

function words(...numbers: number[]): Buffer {
  const block = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, i) => block.writeUInt32LE(number >>> 0, i * 4));
  return block;
}

function encode(): Uint8Array | null {
  const address = unit.call.encode!();
  return address === 0 ? null : unit.octets(address, unit.call.encodedSize!());
}

function read(block: Uint8Array): string {
  unit.give(block);
  return unit.text(unit.call.read!());
}

function shown(pairs: readonly Pair[], count = pairs.length): string {
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
  return `${count}:${pairs.map(([name, value]) => `${hex(name)}=${hex(value)};`).join("")}`;
}

const octets = fc.uint8Array({ maxLength: 40 });
/** Any octets, for what the host hands over. */
const pairs = fc.array(fc.tuple(octets, octets), { maxLength: 30 });

const TOKEN = Buffer.from("!#$%&'*+-.^_`|~09azAZ");
const nameOctets = fc.array(fc.constantFrom(...TOKEN), { minLength: 1, maxLength: 40 });
const pseudoName = nameOctets.map((name) => [0x3a, ...name]);
const isText = (octet: number) => octet === 0x09 || (octet >= 0x20 && octet !== 0x7f);
const valueOctets = fc.array(fc.integer({ min: 0, max: 255 }).filter(isText), { maxLength: 40 });
/** What a filter may send: names that are tokens, values without control characters. */
const sendable = fc.tuple(
  fc.oneof(nameOctets, pseudoName).map((name) => Uint8Array.from(name)),
  valueOctets.map((value) => Uint8Array.from(value)),
);
const sendablePairs = fc.array(sendable, { maxLength: 30 });

function addAll(pairs: readonly Pair[]): void {
  unit.call.begin!();
  for (const [name, value] of pairs) {
    unit.give(Buffer.concat([name, value]));
    unit.call.add!(name.length);
  }
}

describe("a list of pairs", () => {
  test("is encoded as the host encodes it, and reads back the same", () => {
    fc.assert(
      fc.property(sendablePairs, (pairs) => {
        addAll(pairs);
        const block = encode();
        expect(block && Buffer.from(block).toString("hex")).toBe(blockOf(pairs).toString("hex"));
        expect(read(block!)).toBe(shown(pairs));
      }),
      { numRuns: 2000 },
    );
  });

  test("with a name that is no token, or a value with a control character, is refused as a whole", () => {
    const badName = octets.filter((name) => {
      const rest = name[0] === 0x3a ? name.subarray(1) : name;
      return (
        rest.length === 0 || !rest.every((octet) => /[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(octet)))
      );
    });
    const badValue = octets.filter((value) => !value.every(isText));
    const bad = fc.oneof(
      fc.tuple(
        badName,
        valueOctets.map((value) => Uint8Array.from(value)),
      ),
      fc.tuple(
        nameOctets.map((name) => Uint8Array.from(name)),
        badValue,
      ),
    );
    fc.assert(
      fc.property(sendablePairs, bad, sendablePairs, (before, bad, after) => {
        addAll([...before, bad, ...after]);
        expect(unit.call.fits!()).toBe(0);
        expect(encode()).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  test("may have 1,024 pairs and no more", () => {
    for (let i = 0; i < MAX_PAIRS; i++) unit.call.addSized!(1, 1);
    expect(encode()).toHaveLength(4 + MAX_PAIRS * 12);
    unit.call.addSized!(1, 0);
    expect(unit.call.fits!()).toBe(0);
    expect(encode()).toBeNull();
  });

  test.each([
    ["one value", [[1, MAX_BYTES - 15]]],
    ["one name", [[MAX_BYTES - 14, 0]]],
    [
      "many pairs",
      [...Array.from({ length: 1023 }, () => [500, 500]), [1, MAX_BYTES - 5 - 1024 * 10 - 1023 * 1000]],
    ],
  ])("may be of 1 MiB and no octet more: %s", (_, sizes) => {
    for (const [name, value] of sizes) unit.call.addSized!(name!, value!);
    expect(encode()).toHaveLength(MAX_BYTES);
    unit.call.begin!();
    for (const [i, [name, value]] of sizes.entries()) unit.call.addSized!(name!, value! + (i === 0 ? 1 : 0));
    expect(unit.call.fits!()).toBe(0);
    expect(encode()).toBeNull();
  });

  test("that is far too long is refused without its size wrapping around", () => {
    for (let i = 0; i < 64; i++) unit.call.addSized!(MAX_BYTES, MAX_BYTES);
    expect(unit.call.fits!()).toBe(0);
    expect(encode()).toBeNull();
  });
});

describe("a block of pairs", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["fewer octets than a count", Buffer.from([1, 0, 0])],
    ["a count of none", words(0)],
    ["a count without sizes", words(1)],
    ["a count of 2^32 - 1", words(0xffffffff, 1, 1)],
    ["a count whose sizes wrap around 32 bits", Buffer.concat([words(0x20000000, 1, 1), Buffer.alloc(64)])],
    [
      "a count that times ten wraps around 32 bits",
      Buffer.concat([words(0x1999999a, 1, 1), Buffer.alloc(64)]),
    ],
    ["sizes but no octets", words(1, 0, 0)],
  ])("of %s reads as no pairs", (_, block) => {
    expect(read(block)).toBe("0:");
  });

  test.each([
    ["name is longer than the block", words(1, 100, 0)],
    ["value is longer than the block", words(1, 0, 100)],
    ["name is of 2^32 - 1 octets", words(1, 0xffffffff, 0)],
    ["value is of 2^32 - 1 octets", words(1, 0, 0xffffffff)],
    ["name and value wrap around 32 bits together", words(1, 0x80000000, 0x80000000)],
    ["name is of 2^31 - 1 octets", words(1, 0x7fffffff, 0x7fffffff)],
  ])("whose %s ends before that pair", (_, head) => {
    const block = Buffer.concat([head, Buffer.alloc(16)]);
    expect(read(block)).toBe("1:");
    const [name, value] = [Buffer.from("n"), Buffer.from("v")];
    const second = Buffer.concat([
      words(2, 1, 1),
      head.subarray(4),
      name,
      Buffer.alloc(1),
      value,
      Buffer.alloc(1),
      Buffer.alloc(16),
    ]);
    expect(read(second)).toBe("2:6e=76;");
  });

  test("that is cut anywhere reads as far as it goes", () => {
    fc.assert(
      fc.property(pairs, fc.nat(), (pairs, cut) => {
        const whole = blockOf(pairs);
        const block = whole.subarray(0, cut % (whole.length + 1));
        const answer = read(block);
        const complete = Array.from({ length: pairs.length + 1 }, (_, n) =>
          shown(pairs.slice(0, n), pairs.length),
        );
        expect([...complete, "0:"]).toContain(answer);
      }),
      { numRuns: 2000 },
    );
  });

  test("of whatever octets traps nothing and stays inside", () => {
    const number = fc.oneof(
      fc.nat(20),
      fc.constantFrom(0xffffffff, 0x80000000, 0x7fffffff, 0xfffffffe, 0x19999999),
    );
    const numbers = fc.array(number, { maxLength: 12 }).map((list) => words(...list));
    const block = fc.tuple(numbers, fc.uint8Array({ maxLength: 40 })).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(fc.oneof(block, fc.uint8Array({ maxLength: 64 })), (octets) => {
        const [count, listed] = read(octets).split(":");
        expect(listed!.split(";").length - 1).toBeLessThanOrEqual(Number(count));
        // Each pair found takes ten octets and its text out of the block.
        const text = listed!.replace(/[=;]/g, "").length / 2;
        expect(text + (listed!.split(";").length - 1) * 10 + 4).toBeLessThanOrEqual(
          Math.max(octets.length, 4),
        );
        unit.give(octets);
        unit.call.findFirst!();
      }),
      { numRuns: 20_000 },
    );
  });

  test("finds the first of the values of a name", () => {
    const pair = (name: string, value: string): Pair => [Buffer.from(name), Buffer.from(value)];
    unit.give(blockOf([pair("a", "1"), pair("b", "2"), pair("a", "3")]));
    expect(unit.text(unit.call.findFirst!())).toBe("31");
  });
});
