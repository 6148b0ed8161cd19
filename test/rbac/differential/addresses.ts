import type { Range } from "./literals.js";

/** An address of the range: the first, the last, or the one behind the last. */
export function addressOf({ address, length }: Range, which: number): string {
  const six = address.includes(":");
  const bits = six ? 128n : 32n;
  const host = bits - BigInt(Math.min(length, Number(bits)));
  const first = (parse(address) >> host) << host;
  const last = first + (1n << host) - 1n;
  const chosen = [first, last, (last + 1n) % (1n << bits)][which % 3]!;
  return six ? format6(chosen) : format4(chosen);
}

/** With IPv4 in IPv6's form, for a connection that has both. */
export function mapped(address: string): string {
  return address.includes(":") ? address : `::ffff:${address}`;
}

function parse(address: string): bigint {
  if (!address.includes(":")) return address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = "", tail = ""] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

function format4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
}

function format6(value: bigint): string {
  return Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  ).join(":");
}
