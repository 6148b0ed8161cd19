import { createPublicKey, verify } from "node:crypto";
import type { HostCall } from "../unit-module.js";

const NOT_FOUND = 1;

/** Envoy's foreign function `verify_signature`, which does PKCS #1 v1.5 and ECDSA with DER signatures. */
export function hostVerification(
  calls: { count: number } = { count: 0 },
): Readonly<Record<string, HostCall>> {
  return {
    proxy_call_foreign_function: (memory, malloc, name, nameSize, args, argsSize, result, resultSize) => {
      const read = (at: number, size: number) => Buffer.from(memory.buffer.slice(at, at + size));
      if (read(name, nameSize).toString() !== "verify_signature") return NOT_FOUND;
      calls.count++;
      const [hash, der, signature, text] = fieldsOf(read(args, argsSize));
      const answer = Buffer.from([0x08, isGood(hash!, der!, signature!, text!) ? 1 : 0]);
      const at = malloc(answer.length);
      new Uint8Array(memory.buffer).set(answer, at);
      new DataView(memory.buffer).setUint32(result, at, true);
      new DataView(memory.buffer).setUint32(resultSize, answer.length, true);
      return 0;
    },
  };
}

function isGood(hash: Buffer, der: Buffer, signature: Buffer, text: Buffer): boolean {
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(hash.toString(), text, key, signature);
}

/** Fields 1 to 4 of a message that has only octet strings. */
function fieldsOf(message: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const field = message[at++]! >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = message[at++]!;
      length |= (octet & 0x7f) << shift;
      if (octet < 0x80) break;
    }
    fields[field - 1] = message.subarray(at, at + length);
    at += length;
  }
  return fields;
}
