import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadUnit, type Unit } from "../unit-module.js";

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("octets");
});

type Call = (call: Unit["call"]) => void;

/** What a call writes, behind so many octets that it stands at any alignment. */
function written(call: Call, before = 0): Buffer {
  unit.call.begin!(before);
  call(unit.call);
  return Buffer.from(unit.octets(unit.call.ptr!() + before, unit.call.length!() - before));
}

function giveTwo(left: Uint8Array, right: Uint8Array): void {
  unit.give(Uint8Array.of(left.length, ...left, ...right));
}

function whether(name: string, left: Uint8Array | string, right: Uint8Array | string): boolean {
  giveTwo(Buffer.from(left), Buffer.from(right));
  return unit.call[name]!() === 1;
}

const any = fc.uint8Array({ maxLength: 80 });
/** Octets at which what is asked of them changes, among others. */
const edges = fc.array(
  fc.oneof(
    fc.constantFrom(
      0,
      9,
      10,
      13,
      0x1f,
      0x20,
      0x3a,
      0x3b,
      0x3c,
      0x40,
      0x41,
      0x5a,
      0x5b,
      0x60,
      0x61,
      0x7a,
      0x7b,
    ),
    fc.constantFrom(0x7e, 0x7f, 0x80, 0xc3, 0xa9, 0xff),
    fc.integer({ min: 0x20, max: 0x7e }),
  ),
  { maxLength: 40 },
);

test("octets are the same when all of them are, whatever their number", () => {
  fc.assert(
    fc.property(any, fc.nat(), fc.integer({ min: 1, max: 255 }), (octets, at, change) => {
      expect(whether("same", octets, octets)).toBe(true);
      if (octets.length === 0) return;
      const other = Uint8Array.from(octets);
      other[at % other.length]! ^= change;
      expect(whether("same", octets, other)).toBe(false);
    }),
    { numRuns: 3000 },
  );
  fc.assert(fc.property(any, any, (a, b) => whether("sameAsCompared", a, b)));
});

test("letters of either case are the same, and nothing else is", () => {
  const lower = (octets: readonly number[]) =>
    octets.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet)).join();
  fc.assert(
    fc.property(edges, fc.nat(), fc.boolean(), (octets, at, isCase) => {
      const other = [...octets];
      if (other.length > 0) other[at % other.length]! ^= isCase ? 0x20 : 0x80;
      const same = lower(octets) === lower(other);
      expect(whether("sameIgnoringCase", Uint8Array.from(octets), Uint8Array.from(other))).toBe(same);
    }),
    { numRuns: 5000 },
  );
});

test("a needle is found without regard to case", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "A", "b", "["), maxLength: 20 });
  fc.assert(
    fc.property(
      text,
      fc.string({ unit: fc.constantFrom("a", "B", "{"), maxLength: 3 }),
      fc.nat(21),
      (all, part, from) => {
        giveTwo(Buffer.from(all), Buffer.from(part));
        const index = from > all.length ? -1 : all.toLowerCase().indexOf(part.toLowerCase(), from);
        expect(unit.call.indexOfIgnoreCase!(from)).toBe(index);
        expect(unit.call.startsWithIgnoreCase!() === 1).toBe(
          all.toLowerCase().startsWith(part.toLowerCase()),
        );
      },
    ),
    { numRuns: 3000 },
  );
  giveTwo(Buffer.from("Bearer x"), Buffer.from("bearer "));
  expect(unit.call.indexOfIgnoreCase!(-5)).toBe(0);
  expect(unit.call.indexOfIgnoreCase!(0x7fffffff)).toBe(-1);
  expect(unit.call.indexOfIgnoreCase!(-0x80000000)).toBe(0);
});

test("a header value has no control characters but the tab", () => {
  const isValue = (octets: readonly number[]) =>
    octets.every((octet) => octet === 9 || (octet >= 0x20 && octet !== 0x7f));
  for (let octet = 0; octet < 256; octet++) {
    for (let size = 1; size <= 17; size++) {
      for (const at of new Set([0, size >> 1, size - 1])) {
        const octets = new Array<number>(size).fill(0x61);
        octets[at] = octet;
        unit.give(Uint8Array.from(octets));
        expect(unit.call.isHeaderValue!() === 1, `${octet} at ${at} of ${size}`).toBe(isValue(octets));
      }
    }
  }
  fc.assert(
    fc.property(edges, (octets) => {
      unit.give(Uint8Array.from(octets));
      expect(unit.call.isHeaderValue!() === 1).toBe(isValue(octets));
    }),
    { numRuns: 3000 },
  );
});

test("what is written is what was given, at any alignment and of any size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(15), (octets, before) => {
      unit.give(octets);
      expect(written((call) => call.write!(), before)).toEqual(Buffer.from(octets));
    }),
    { numRuns: 2000 },
  );
});

test("the hash of octets depends on them alone, and on each", () => {
  const hashes = new Map<number, string>();
  const hashOf = (octets: Uint8Array) => {
    unit.give(octets);
    return unit.call.hash!();
  };
  for (let i = 0; i < 4000; i++) {
    const text = `GET;${i};${"x".repeat(i % 20)}`;
    const hash = hashOf(Buffer.from(text));
    expect(hashOf(Buffer.from(text))).toBe(hash);
    hashes.set(hash, text);
  }
  // 4,000 of 2^32 hashes: two that are the same are not to be expected.
  expect(hashes.size).toBe(4000);
  // A table chooses its slot by the lowest bits.
  expect(new Set([...hashes.keys()].map((hash) => hash & 1023)).size).toBeGreaterThan(900);
  for (let size = 0; size <= 16; size++)
    expect(hashOf(new Uint8Array(size))).not.toBe(hashOf(new Uint8Array(size + 1)));
});

test("a tag's value keeps what can be shown, for all else stands an underscore", () => {
  const shown = (octets: readonly number[]) => {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(octets.slice(0, 1024)));

    return Buffer.from(text.replace(/[\0-\x1f\x7f;\ufffd]/g, "_"));
  };
  const expectShown = (octets: readonly number[]) => {
    unit.give(Uint8Array.from(octets));
    expect(written((call) => call.writeTag!())).toEqual(shown(octets));
  };
  for (let octet = 0; octet < 256; octet++) {
    for (let size = 1; size <= 17; size++) {
      for (let at = 0; at < size; at++) {
        const octets = new Array<number>(size).fill(0x3a);
        octets[at] = octet;
        expectShown(octets);
      }
    }
  }
  fc.assert(
    fc.property(edges, (octets) => expectShown(octets)),
    { numRuns: 3000 },
  );
  expectShown([...Buffer.from("caf\u00e9 \ud83d\ude00 storefront")]);
  expectShown(new Array<number>(5000).fill(0x61));
  expectShown([...new Array<number>(1023).fill(0x61), 0xc3, 0xa9]);
});

const I64 = [
  0n,
  1n,
  -1n,
  9n,
  10n,
  -10n,
  99n,
  9999n,
  10000n,
  4294967295n,
  4294967296n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const U64 = [2n ** 63n, 2n ** 64n - 1n, 10n ** 19n, 10n ** 19n - 1n];

/** A 64-bit number as two, since fixtures take no BigInt. */
function halves(value: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))];
}

test("numbers are written in decimal", () => {
  const expectWritten = (value: bigint) => {
    if (value < 2n ** 63n)
      expect(String(written((call) => call.writeInt!(...halves(value)), 3))).toBe(`${value}`);
    if (value >= 0) expect(String(written((call) => call.writeUint!(...halves(value)), 3))).toBe(`${value}`);
  };
  [...I64, ...U64].forEach(expectWritten);
  for (let power = 1n; power < 2n ** 64n; power *= 10n)
    [power - 1n, power, -power].filter((n) => n > -(2n ** 63n)).forEach(expectWritten);
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), expectWritten), {
    numRuns: 2000,
  });
});

/** By the rules of the documentation, not by those of the code. */
function decimal(text: string, min: bigint, max: bigint): string {
  if (!/^-?[0-9]+$/.test(text) || (text.startsWith("-") && min === 0n)) return "none";
  const value = BigInt(text);
  return value < min || value > max ? "none" : `${value}`;
}

test("numbers are read from decimal, or not at all", () => {
  const expectRead = (text: string) => {
    unit.give(Buffer.from(text));
    expect(String(written((call) => call.readInt!())), text).toBe(
      decimal(text, -(2n ** 63n), 2n ** 63n - 1n),
    );
    expect(String(written((call) => call.readUint!())), text).toBe(decimal(text, 0n, 2n ** 64n - 1n));
  };
  for (const value of [...I64, ...U64]) {
    for (const near of [value - 1n, value, value + 1n, value * 10n]) expectRead(`${near}`);
  }
  [
    "",
    "-",
    "--1",
    "+1",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x10",
    "-0",
    "00",
    "-007",
    "1_000",
    "\u0661",
    "1\0",
  ].forEach(expectRead);
  ["18446744073709551616", "18446744073709551625", "99999999999999999999", "0".repeat(60) + "7"].forEach(
    expectRead,
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."0123456789-+ ."), maxLength: 22 }), expectRead),
    {
      numRuns: 3000,
    },
  );
});

test("binary numbers are read in both orders, inside the view only", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 24 }),
      fc.integer({ min: -3, max: 26 }),
      fc.constantFrom(1, 2, 4, 8),
      (octets, offset, size) => {
        unit.give(octets);
        const isInside = offset >= 0 && offset + size <= octets.length;
        const view = Buffer.from(octets);
        const little = () => (size === 8 ? view.readBigUInt64LE(offset) : view.readUIntLE(offset, size));
        const big = () =>
          size === 8
            ? view.readBigInt64BE(offset)
            : size === 1
              ? view.readUInt8(offset)
              : view.readIntBE(offset, size);
        expect(String(written((call) => call.readLE!(size, offset)))).toBe(isInside ? `${little()}` : "0");
        expect(String(written((call) => call.readBE!(size, offset)))).toBe(isInside ? `${big()}` : "0");
      },
    ),
    { numRuns: 3000 },
  );
  unit.give(new Uint8Array(8).fill(1));
  for (const offset of [0x7fffffff, -0x80000000, 1])
    expect(String(written((call) => call.readLE!(8, offset)))).toBe("0");
});

test("binary numbers are written in both orders", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(9), (value, before) => {
      const expected = Buffer.alloc(29);
      const low = Number(value & 0xffffffffn);
      expected.writeBigUInt64LE(value, 0);
      expected.writeBigUInt64BE(value, 8);
      expected.writeUInt16LE(low & 0xffff, 16);
      expected.writeUInt16BE(low & 0xffff, 18);
      expected.writeUInt32BE(low, 20);
      expected.writeUInt32LE(low, 24);
      expected.writeUInt8(low & 0xff, 28);
      expect(written((call) => call.writeOrders!(...halves(value)), before)).toEqual(expected);
    }),
  );
});

function items(list: string): string[] {
  unit.give(Buffer.from(list));
  return String(written((call) => call.readList!()))
    .split("\n")
    .slice(0, -1);
}

test("a list is read item by item, with the parameters of each", () => {
  expect(items("gzip, deflate;q=0.5")).toEqual(["gzip|gzip|", "deflate;q=0.5|deflate|q=0.5"]);
  expect(items("\t a ; b = c ;d\t,b")).toEqual(["a ; b = c ;d|a|b = c ;d", "b|b|"]);
  expect(items(", ,a,, b ,\t,")).toEqual(["a|a|", "b|b|"]);
  for (const list of ["", " ", ",", " , \t,", ",,,"]) expect(items(list)).toEqual([]);
  expect(items(";q=1, x;")).toEqual([";q=1||q=1", "x;|x|"]);
});

test("a comma and a semicolon inside quotes are part of an item", () => {
  expect(items('"a,b;c", d')).toEqual(['"a,b;c"|"a,b;c"|', "d|d|"]);
  expect(items(String.raw`x="\",;", y`)).toEqual([String.raw`x="\",;"|x="\",;"|`, "y|y|"]);
  expect(items(String.raw`\,"a`)).toEqual([String.raw`\|\|`, '"a|"a|']);
  expect(items('"a, b')).toEqual(['"a, b|"a, b|']);
  expect(items('"\\')).toEqual(['"\\|"\\|']);
  expect(items('a, "\\,')).toEqual(["a|a|", '"\\,|"\\,|']);
});

test("a list has an item when one is that item as a whole", () => {
  for (const [item, list, has] of [
    ["upgrade", "keep-alive, Upgrade", true],
    ["KEEP-ALIVE", "keep-alive, Upgrade", true],
    ["up", "keep-alive, Upgrade", false],
    ["upgrade", "x-upgrade", false],
    ["gzip", "gzip;q=0", false],
    ["a", '"x,a,y"', false],
    ["", ",, a", false],
    ["a", "", false],
    ["a", "  a", true],
    ["no-transform", "no-cache,no-store,\tno-transform \t", true],
  ] as const) {
    expect(whether("listHas", item, list), `${item} in ${list}`).toBe(has);
  }
  expect(whether("listNames", "GZIP", "br, gzip;q=0.5")).toBe(true);
  expect(whether("listNames", "gzi", "br, gzip;q=0.5")).toBe(false);
  expect(whether("listNames", "q", "br, gzip;q=0.5")).toBe(false);
});

test("no octets at all make a list that traps, and its items are those of the list", () => {
  const octet = fc.constantFrom(...'ab,; \t"\\');
  fc.assert(
    fc.property(fc.string({ unit: octet, maxLength: 20 }), (list) => {
      for (const item of items(list)) {
        const whole = item.split("|")[0]!;
        expect(list).toContain(whole);
        expect(whole).toMatch(/^[^ \t].*$/);
        expect(whole).toMatch(/[^ \t]$/);
        if (!/["\\]/.test(list)) expect(whole).not.toContain(",");
        expect(whether("listHas", whole, list)).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
});
