import type { z } from "zod";
import { clientHello } from "./client-hello.js";
import type { Octets as Schema, Split } from "./connection-schema.js";

export type Octets = z.output<typeof Schema>;

/** What stands for a text that no other connection sends. */
export const CONNECTION = "${connection}";

/** The octets that a case writes down. @param token what `${connection}` stands for */
export function octets(value: Octets, token: string): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.map((part) => octets(part, token)));
  if (typeof value === "string") return Buffer.from(value.replaceAll(CONNECTION, token), "latin1");
  return "hex" in value ? Buffer.from(value.hex.replace(/\s/g, ""), "hex") : clientHello(value.clientHello);
}

/** The segments in which octets are sent. */
export function segments(bytes: Buffer, split: z.output<typeof Split> | undefined): Buffer[] {
  if (split === undefined) return [bytes];
  const cuts = Array.isArray(split)
    ? split
    : Array.from({ length: Math.ceil(bytes.length / split) - 1 }, (_, i) => (i + 1) * split);
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}
