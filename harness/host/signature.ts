import { Status } from "./enums.js";
import { concat, utf8 } from "./octets.js";
import { bytesField, lengthDelimited, type Message, readMessage, textField } from "./protobuf.js";

/** A key of `node:crypto`. */
interface Key {
  readonly asymmetricKeyType?: string;
  readonly asymmetricKeyDetails?: { readonly namedCurve?: string };
}

type KeySource = string | { key: Uint8Array; format: "der"; type: "spki" | "pkcs8" };

/** What is used of `node:crypto`. */
export interface CryptoLibrary {
  createPublicKey(source: KeySource): Key;
  createPrivateKey(source: KeySource): Key;
  verify(hash: string, text: Uint8Array, key: Key, signature: Uint8Array): boolean;
  sign(hash: string, text: Uint8Array, key: Key): Uint8Array;
}

// As stock Envoy 1.40.0 did (source/common/crypto/utility_impl.cc), which has BoringSSL. Signatures are PKCS#1 v1.5 and
// DER, what Node makes and expects unless told otherwise.
const HASHES = new Set(["sha1", "sha224", "sha256", "sha384", "sha512"]);
/** The curves that BoringSSL has: P-224, P-256, P-384, P-521. */
const CURVES = new Set(["secp224r1", "prime256v1", "secp384r1", "secp521r1"]);
const PUBLIC_PEM = /-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/;
const PRIVATE_PEM = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[^-]*-----END \1-----/;

const NO_PUBLIC_KEY = "Failed to initialize digest verify.";
const NO_MATCH = "Failed to verify digest. Error code: 0";
const NO_PRIVATE_KEY = "Invalid key type: private key required for signing operation.";
const NO_SIGNING_KEY = "Invalid private key: key data is corrupted or malformed.";

/** The foreign function `verify_signature`: `VerifySignatureArguments` in, `VerifySignatureResult` out. */
export function verifySignature(crypto: CryptoLibrary, args: Uint8Array): Uint8Array | Status {
  const message = readMessage(args);
  if (message === null || !hasOneKey(message, 5)) return Status.BadArgument;
  const hash = textField(message, 1) ?? "";
  if (!HASHES.has(hash.toLowerCase())) return failed(2, `${hash} is not supported.`);
  const key = keyOf(message, 5, PUBLIC_PEM, "spki", (source) => crypto.createPublicKey(source));
  if (key === null || !isUsable(key)) return failed(2, NO_PUBLIC_KEY);
  const [signature, text] = [bytesField(message, 3) ?? NOTHING, bytesField(message, 4) ?? NOTHING];
  return crypto.verify(hash.toLowerCase(), text, key, signature) ? SUCCESS : failed(2, NO_MATCH);
}

/** The foreign function `sign`: `SignArguments` in, `SignResult` out. */
export function sign(crypto: CryptoLibrary, args: Uint8Array): Uint8Array | Status {
  const message = readMessage(args);
  if (message === null || !hasOneKey(message, 4)) return Status.BadArgument;
  const hash = textField(message, 1) ?? "";
  if (!HASHES.has(hash.toLowerCase())) return failed(3, `${hash} is not supported.`);
  const key = keyOf(message, 4, PRIVATE_PEM, "pkcs8", (source) => crypto.createPrivateKey(source));
  // BoringSSL reads such keys, and cannot sign a digest with them.
  if (key?.asymmetricKeyType?.startsWith("ed")) return failed(3, NO_SIGNING_KEY);
  if (key === null || !isUsable(key)) return failed(3, NO_PRIVATE_KEY);
  const signature = crypto.sign(hash.toLowerCase(), bytesField(message, 3) ?? NOTHING, key);
  return concat([SUCCESS, lengthDelimited(2, signature)]);
}

const NOTHING = new Uint8Array(0);
/** `result: true`, which is field 1 in both answers. */
const SUCCESS = new Uint8Array([0x08, 1]);

function failed(field: number, error: string): Uint8Array {
  return lengthDelimited(field, utf8(error));
}

/** Either as DER, in field 2, or as PEM. */
function hasOneKey(message: Message, pemField: number): boolean {
  const hasDer = (bytesField(message, 2) ?? NOTHING).length > 0;
  return hasDer !== ((textField(message, pemField) ?? "") !== "");
}

function keyOf(
  message: Message,
  pemField: number,
  pemBlock: RegExp,
  type: "spki" | "pkcs8",
  read: (source: KeySource) => Key,
): Key | null {
  const der = bytesField(message, 2) ?? NOTHING;
  const pem = pemBlock.exec(textField(message, pemField) ?? "")?.[0];
  if (der.length === 0 && pem === undefined) return null;
  try {
    return read(pem ?? { key: der, format: "der", type });
  } catch {
    return null;
  }
}

function isUsable({ asymmetricKeyType: type, asymmetricKeyDetails: details }: Key): boolean {
  return type === "rsa" || (type === "ec" && CURVES.has(details?.namedCurve ?? ""));
}
