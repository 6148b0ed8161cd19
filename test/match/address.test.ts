import fc from "fast-check";
import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { Matchers } from "./matchers.js";

let matchers: Matchers;
beforeAll(async () => {
  matchers = await Matchers.load();
});

describe("addresses", () => {
  function address(text: string): string {
    matchers.unit.give(Buffer.from(text));
    return matchers.unit.text(matchers.unit.call.readAddress!());
  }

  test.each([
    ["1.2.3.4", "4 102030400000000 0 -1"],
    ["1.2.3.4:80", "4 102030400000000 0 80"],
    ["1.2.3.4:0", "4 102030400000000 0 0"],
    ["255.255.255.255:65535", "4 ffffffff00000000 0 65535"],
    ["::", "6 0 0 -1"],
    ["[::1]:443", "6 0 1 443"],
    ["[::1]", "6 0 1 -1"],
    ["1:2:3:4:5:6:7:8", "6 1000200030004 5000600070008 -1"],
    ["1::8", "6 1000000000000 8 -1"],
    ["1:2::", "6 1000200000000 0 -1"],
    ["::7:8", "6 0 70008 -1"],
    ["1:2:3:4:5:6:7::", "6 1000200030004 5000600070000 -1"],
    ["::2:3:4:5:6:7:8", "6 200030004 5000600070008 -1"],
    ["::ffff:1.2.3.4", "6 0 ffff01020304 -1"],
    ["1:2:3:4:5:6:1.2.3.4", "6 1000200030004 5000601020304 -1"],
    ["fe80::ABCD%eth0", "6 fe80000000000000 abcd -1"],
    ["[fe80::1%eth0]:80", "6 fe80000000000000 1 80"],
  ])("%s", (text, expected) => {
    expect(address(text)).toBe(expected);
  });

  test.each(
    (
      "x 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.256 1.2.3.4: 1.2.3.4:65536 1.2.3.4:080 1.2.3.4:x 1.2.3.4:-1 1.2.3.4:000080 .1.2.3 " +
      "1..2.3 1.2.3.4/8 ::: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7:8:: ::1:2:3:4:5:6:7:8 12345:: g:: :1 1: " +
      "::1.2.3 1.2.3.4:: ::1.2.3.4:5 1:2:3:4:5:6:7:1.2.3.4 fe80::1% [::1 ::1] [::1]x [::1]: [1.2.3.4]:80 [] []:80 /run/x " +
      "1::2:3:4:5:6:7:8 1:2:3:4::5:6:7:8"
    )
      .split(" ")
      .concat("", " 1.2.3.4", "1.2.3.4 ", "::1 "),
  )("%j is none", (text) => {
    expect(address(text)).toMatch(/^0 /);
  });

  const v4 = fc.ipV4();
  const v6 = fc.ipV6();
  const close = fc
    .string({ unit: fc.constantFrom(..."0123456789abcf::::...%"), maxLength: 24 })
    // One colon is before a port to us; Node allows colons and no underscores in a zone.
    .filter((text) => !/^[^:]*:[^:]*$|%.*:/.test(text));

  test("are those that Node takes for addresses", () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6, close), (text) => {
        const version = isIPv6(text) ? 6 : isIPv4(text) ? 4 : 0;
        expect(address(text).split(" ")[0], text).toBe(String(version));
      }),
      { numRuns: 50_000 },
    );
  });

  test("are in the ranges that Node has them in", () => {
    const near = fc.tuple(v6, fc.nat(128)).map(([text, bit]) => flip(text, bit));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(v4, v4, fc.nat(32)),
          fc.tuple(v6, v6, fc.nat(128)),
          fc.tuple(near, near, fc.nat(128)),
        ),
        ([prefix, text, length]) => {
          const list = new BlockList();
          list.addSubnet(prefix, length, isIP(prefix) === 4 ? "ipv4" : "ipv6");
          const index = matchers.read("readCidr", { address_prefix: prefix, prefix_len: length });
          for (const candidate of [text, prefix]) {
            const expected = list.check(candidate, isIP(candidate) === 4 ? "ipv4" : "ipv6");
            expect(
              matchers.says("cidrContains", index, candidate),
              `${candidate} in ${prefix}/${length}`,
            ).toBe(expected);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  function flip(text: string, bit: number): string {
    const groups = expand(text);
    if (bit < 128) groups[bit >> 4]! ^= 0x8000 >> (bit & 15);
    return groups.map((group) => group.toString(16)).join(":");
  }

  function expand(text: string): number[] {
    const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...n: string[]) => {
      const [a, b, c, d] = n.map(Number) as [number, number, number, number];
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    });
    const [head = "", tail = ""] = plain.includes("::") ? plain.split("::") : [plain, ""];
    const [first, last] = [head, tail].map((part) =>
      part ? part.split(":").map((group) => parseInt(group, 16)) : [],
    );
    return [...first!, ...Array<number>(8 - first!.length - last!.length).fill(0), ...last!];
  }

  test.each(["x", "", "10.0.0.0:80", "[::1]", "010.0.0.1", "10.0.0.0/8"])(
    "%j is no prefix",
    (address_prefix) => {
      expect(matchers.error("readCidr", { address_prefix, prefix_len: 8 })).toContain(
        "$.address_prefix: must be an IPv4 or IPv6 address",
      );
    },
  );

  test("a prefix has no more than 128 bits", () => {
    expect(matchers.error("readCidr", { address_prefix: "::", prefix_len: 129 })).toContain(
      "$.prefix_len: expected an integer from 0 to 128",
    );
  });
});
