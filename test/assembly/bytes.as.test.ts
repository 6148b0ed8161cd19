import { describe, expect, test } from "vitest-pool-assemblyscript/assembly";
import { Bytes } from "../../assembly/text/bytes";

test("an octet outside the view reads as -1", () => {
  const bytes = Bytes.of("abc");
  expect(bytes.at(0)).toBe(0x61);
  expect(bytes.at(2)).toBe(0x63);
  expect(bytes.at(3)).toBe(-1);
  expect(bytes.at(-1)).toBe(-1);
});
test("fails", () => {
  expect(Bytes.of("abc").at(1)).toBe(5);
});
test("traps", () => {
  unreachable();
});
