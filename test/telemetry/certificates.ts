import { randomBytes, sign } from "node:crypto";
import { makeKeyPairSync } from "../../harness/key-pair.js";

// As much of X.509 (RFC 5280) as a certificate with a URI as its alternative name needs.

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const URI = 0x86;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const SUBJECT_ALTERNATIVE_NAME = "551d11";

/** A certificate and its private key, as Envoy takes them. */
export interface Certificate {
  readonly certificate_chain: { readonly inline_string: string };
  readonly private_key: { readonly inline_string: string };
}

/** A self-signed certificate for a URI, such as `spiffe://cluster.local/ns/default/sa/ratings`. */
export function certificateFor(uri: string): Certificate {
  const { publicKey, privateKey } = makeKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, der(OBJECT_ID, Buffer.from(ECDSA_WITH_SHA256, "hex")));
  const name = der(
    SEQUENCE,
    der(
      SET,
      der(SEQUENCE, der(OBJECT_ID, Buffer.from(COMMON_NAME, "hex")), der(UTF8_STRING, Buffer.from("test"))),
    ),
  );
  const names = der(OCTET_STRING, der(SEQUENCE, der(URI, Buffer.from(uri))));
  const extension = der(SEQUENCE, der(OBJECT_ID, Buffer.from(SUBJECT_ALTERNATIVE_NAME, "hex")), names);
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    der(SEQUENCE, der(UTC_TIME, Buffer.from("200101000000Z")), der(UTC_TIME, Buffer.from("491231235959Z"))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(SEQUENCE, extension)),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", body, privateKey));
  const lines = der(SEQUENCE, body, algorithm, signature)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return {
    certificate_chain: {
      inline_string: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    },
    private_key: { inline_string: privateKey.export({ type: "pkcs8", format: "pem" }).toString() },
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const size = contents.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), contents]);
}
