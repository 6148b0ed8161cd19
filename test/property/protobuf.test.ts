import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("protobuf");
});
beforeEach(() => unit.call.begin!());

const LENGTH = 2;

/** A field as a test knows it: its octets after the tag, and what the fixture says of it. */
interface Field {
  readonly number: number;
  readonly type: number;
  readonly octets: Buffer;
  readonly shown: string;
  write(): void;
}

function varint(value: bigint): Buffer {
  const octets: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) octets.push(Number(rest & 0x7fn) | 0x80);
  octets.push(Number(rest));
  return Buffer.from(octets);
}

function tag(number: number, type: number): Buffer {
  return varint((BigInt(number) << 3n) | BigInt(type));
}

function encoded(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(({ number, type, octets }) => [tag(number, type), octets]));
}

function shown(fields: readonly Field[]): string {
  return fields.map(({ number, type, shown }) => `${number}:${type}=${shown};`).join("");
}

function read(octets: Uint8Array): string {
  unit.give(octets);
  return unit.text(unit.call.read!());
}

const halves = (value: bigint) =>
  [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)] as const;
const zigzag = (value: bigint) => (value >= 0n ? value << 1n : (-value << 1n) - 1n);

const number = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: (1 << 29) - 1 }));
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 0x3fffn, 0x4000n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n),
);

const uintField = fc.tuple(number, u64).map(([number, value]): Field => ({
  number,
  type: 0,
  octets: varint(value),
  shown: String(value),
  write: () => unit.call.uint!(number, ...halves(value)),
}));
const sintField = fc
  .tuple(number, fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }))
  .map(([number, value]): Field => ({
    number,
    type: 0,
    octets: varint(zigzag(value)),
    shown: String(zigzag(value)),
    write: () => unit.call.sint!(number, ...halves(BigInt.asUintN(64, value))),
  }));
const fixed64Field = fc.tuple(number, u64).map(([number, value]): Field => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64LE(value);
  const write = () => unit.call.fixed64!(number, ...halves(value));
  return { number, type: 1, octets, shown: String(value), write };
});
const fixed32Field = fc.tuple(number, fc.nat(0xffffffff)).map(([number, value]): Field => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value);
  return { number, type: 5, octets, shown: String(value), write: () => unit.call.fixed32!(number, value) };
});
const bytesField = fc.tuple(number, fc.uint8Array({ maxLength: 300 })).map(([number, value]): Field => {
  const write = () => {
    unit.give(value);
    unit.call.bytes!(number);
  };
  const octets = Buffer.concat([varint(BigInt(value.length)), value]);
  return { number, type: LENGTH, octets, shown: Buffer.from(value).toString("hex"), write };
});
const field = fc.oneof(uintField, sintField, fixed64Field, fixed32Field, bytesField);
const fields = fc.array(field, { maxLength: 20 });

describe("a message", () => {
  test("is written as the format says, and reads back the same", () => {
    fc.assert(
      fc.property(fields, (fields) => {
        unit.call.begin!();
        for (const one of fields) one.write();
        const octets = encoded(fields);
        expect(unit.text(unit.call.written!())).toBe(octets.toString("hex"));
        expect(read(octets)).toBe(shown(fields));
      }),
      { numRuns: 2000 },
    );
  });

  test("inside another reads back the same", () => {
    fc.assert(
      fc.property(fields, number, (fields, number) => {
        unit.call.begin!();
        for (const one of fields) one.write();
        unit.call.nest!(number);
        const octets = encoded(fields);
        const outer = Buffer.concat([tag(number, LENGTH), varint(BigInt(octets.length)), octets]);
        expect(unit.text(unit.call.written!())).toBe(outer.toString("hex"));
        expect(read(outer)).toBe(`${number}:2=${octets.toString("hex")};`);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["true", () => unit.call.boolean!(1, 1), "0801"],
    ["false", () => unit.call.boolean!(1, 0), "0800"],
    ["a double", () => unit.call.double!(1, 1.5), "09000000000000f83f"],
    ["a float", () => unit.call.float!(1, 1.5), "0d0000c03f"],
  ])("with %s is written as the format says", (_, write, octets) => {
    write();
    expect(unit.text(unit.call.written!())).toBe(octets);
  });

  test("reads floating-point numbers and zigzag as what they are", () => {
    unit.give(Buffer.from("09000000000000f8bf", "hex"));
    expect(unit.call.firstNumber!()).toBe(-1.5);
    unit.give(Buffer.from("0d0000c0bf", "hex"));
    expect(unit.call.firstNumber!()).toBe(-1.5);
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
        unit.give(Buffer.concat([tag(1, 0), varint(zigzag(value))]));
        expect(unit.text(unit.call.firstSint!())).toBe(String(value));
      }),
    );
  });

  test("reads packed numbers one by one", () => {
    fc.assert(
      fc.property(fc.array(u64, { maxLength: 20 }), (values) => {
        const octets = Buffer.concat(values.map(varint));
        unit.give(Buffer.concat([tag(1, LENGTH), varint(BigInt(octets.length)), octets]));
        expect(unit.text(unit.call.packed!())).toBe(values.map((value) => `${value},`).join(""));
      }),
    );
    unit.give(Buffer.from("0a0301ff80", "hex"));
    expect(unit.text(unit.call.packed!())).toBe("1,!");
  });

  test("skips groups, with what is in them", () => {
    const { group } = fc.letrec<{ group: { number: number; inside: Buffer }; element: Buffer }>((tie) => ({
      element: fc.oneof(
        { maxDepth: 6 },
        field.map((one) => encoded([one])),
        tie("group").map(({ number, inside }) => Buffer.concat([tag(number, 3), inside, tag(number, 4)])),
      ),
      group: fc.record({
        number,
        inside: fc.array(tie("element"), { maxLength: 4 }).map((parts) => Buffer.concat(parts)),
      }),
    }));
    fc.assert(
      fc.property(fields, group, fields, (before, { number, inside }, after) => {
        const octets = [encoded(before), tag(number, 3), inside, tag(number, 4), encoded(after)];
        expect(read(Buffer.concat(octets))).toBe(`${shown(before)}${number}:3=;${shown(after)}`);
      }),
      { numRuns: 500 },
    );
  });

  test("skips ten thousand groups inside one another", () => {
    const start = Buffer.concat(Array<Buffer>(10_000).fill(tag(1, 3)));
    const end = Buffer.concat(Array<Buffer>(10_000).fill(tag(1, 4)));
    expect(read(Buffer.concat([start, end]))).toBe("1:3=;");
    expect(read(start)).toBe("!");
  });

  test.each([
    ["a tag that is cut", "80"],
    ["a tag of eleven octets", "ffffffffffffffffffff01"],
    ["a field number of 0", "0001"],
    ["a field number of 30 bits", "8080808020" + "00"],
    ["a value that is cut", "0880"],
    ["a value of more than 64 bits", "08ffffffffffffffffff02"],
    ["a value of eleven octets", "0880808080808080808080" + "01"],
    ["a fixed64 of seven octets", "0900000000000000"],
    ["a fixed32 of three octets", "0d000000"],
    ["a length without octets", "0a01"],
    ["a length of 2^32", "0a8080808010"],
    ["a length of 2^64 - 1", "0affffffffffffffffff01"],
    ["wire type 6", "0e00"],
    ["wire type 7", "0f00"],
    ["the end of a group that did not begin", "0c"],
    ["a group that ends as another", "0b14"],
    ["a group that does not end", "0b0801"],
  ])("ends at %s", (_, octets) => {
    expect(read(Buffer.from(octets, "hex"))).toBe("!");
    const before = Buffer.from("1001", "hex");
    expect(read(Buffer.concat([before, Buffer.from(octets, "hex")]))).toBe("2:0=1;!");
  });

  test("that is cut anywhere reads as far as it goes", () => {
    fc.assert(
      fc.property(fields, fc.nat(), (fields, cut) => {
        const whole = encoded(fields);
        const answer = read(whole.subarray(0, cut % (whole.length + 1)));
        const prefixes = Array.from({ length: fields.length + 1 }, (_, n) => shown(fields.slice(0, n)));
        expect(prefixes.flatMap((prefix) => [prefix, `${prefix}!`])).toContain(answer);
      }),
      { numRuns: 2000 },
    );
  });

  test("of whatever octets traps nothing and stays inside", () => {
    const near = fc.tuple(fields, fc.uint8Array({ maxLength: 20 })).map(([fields, junk]) => {
      return Buffer.concat([encoded(fields), junk]);
    });
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 64 })), (octets) => {
        const texts = read(octets).replace(/!$/, "").split(";").slice(0, -1);
        // Each field takes two octets at the least, and its text as many as it has.
        const taken = texts.map((text) => (text.includes(":2=") ? text.split("=")[1]!.length / 2 : 0));
        expect(taken.reduce((sum, size) => sum + size + 2, 0)).toBeLessThanOrEqual(octets.length);
      }),
      { numRuns: 20_000 },
    );
  });
});
