import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { type ForeignFunction, Status } from "../host/index.js";
import { bytesField, readMessage, textField } from "../host/protobuf.js";

/** Envoy's hash names (source/common/crypto/utility_impl.cc). */
const HASHES = new Set(["sha1", "sha224", "sha256", "sha384", "sha512"]);

/** Foreign functions of Envoy that the in-process host leaves to whoever has a crypto library. */
export const NODE_FOREIGN_FUNCTIONS: Readonly<Record<string, ForeignFunction>> = {
  compress: (args) => deflateSync(args),

  uncompress(args) {
    try {
      return inflateSync(args);
    } catch {
      return Status.SerializationFailure;
    }
  },

  verify_signature(args) {
    const message = readMessage(args);
    if (message === null) return Status.BadArgument;
    const hash = (textField(message, 1) ?? "").toLowerCase();
    const der = bytesField(message, 2) ?? new Uint8Array(0);
    const pem = textField(message, 5) ?? "";
    if (der.length > 0 === (pem !== "")) return Status.BadArgument;
    const [signature, text] = [bytesField(message, 3), bytesField(message, 4)];
    try {
      const key = createPublicKey(pem || { key: Buffer.from(der), format: "der", type: "spki" });
      if (!HASHES.has(hash)) return result(false, `${hash} is not supported.`);
      return result(verify(hash, text ?? new Uint8Array(0), key, signature ?? new Uint8Array(0)), "");
    } catch (error) {
      return result(false, (error as Error).message);
    }
  },

  sign(args) {
    const message = readMessage(args);
    if (message === null) return Status.BadArgument;
    const hash = (textField(message, 1) ?? "").toLowerCase();
    const der = bytesField(message, 2) ?? new Uint8Array(0);
    const pem = textField(message, 4) ?? "";
    if (der.length > 0 === (pem !== "")) return Status.BadArgument;
    try {
      const key = createPrivateKey(pem || { key: Buffer.from(der), format: "der", type: "pkcs8" });
      if (!HASHES.has(hash)) return Status.BadArgument;
      const signature = sign(hash, bytesField(message, 3) ?? new Uint8Array(0), key);
      return concat([new Uint8Array([0x08, 1]), field(0x12, signature)]);
    } catch {
      return Status.BadArgument;
    }
  },
};

/** `VerifySignatureResult`: a false result with no error is no octets at all. */
function result(valid: boolean, error: string): Uint8Array {
  const ok = valid ? [new Uint8Array([0x08, 1])] : [];
  return concat([...ok, ...(error === "" ? [] : [field(0x12, Buffer.from(error))])]);
}

/** A length-delimited field. */
function field(tag: number, value: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = value.length;
  for (; rest > 0x7f; rest >>= 7) length.push((rest & 0x7f) | 0x80);
  return concat([new Uint8Array([tag, ...length, rest]), value]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
