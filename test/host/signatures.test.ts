import { constants, type KeyObject, type KeyPairKeyObjectResult, sign } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Case } from "../../harness/conformance/cases.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { locateEnvoy, waitFor } from "../../harness/envoy/index.js";
import { startPlugin } from "../../harness/host/index.js";
import { concat, utf8 } from "../../harness/host/octets.js";
import { lengthDelimited } from "../../harness/host/protobuf.js";
import { readFile } from "node:fs/promises";
import { compileProbe } from "./support.js";
import { makeKeyPairSync } from "../../harness/key-pair.js";

// The foreign functions `verify_signature` and `sign`, with keys of all kinds, on stock Envoy and in process.

const TEXT = utf8("hello");
const rsa = makeKeyPairSync("rsa", { modulusLength: 2048 });
const pss = makeKeyPairSync("rsa-pss", { modulusLength: 2048 });
const curve = (namedCurve: string) => makeKeyPairSync("ec", { namedCurve });
const curves = ["P-224", "P-256", "P-384", "P-521", "secp256k1"].map((name) => [name, curve(name)] as const);
const p256 = curves[1]![1];
const ed25519 = makeKeyPairSync("ed25519");

const der = ({ publicKey }: KeyPairKeyObjectResult) => publicKey.export({ type: "spki", format: "der" });
const pem = ({ publicKey }: KeyPairKeyObjectResult) =>
  publicKey.export({ type: "spki", format: "pem" }).toString();
const privateDer = ({ privateKey }: KeyPairKeyObjectResult) =>
  privateKey.export({ type: "pkcs8", format: "der" });
const privatePem = (key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1") =>
  key.export({ type: type, format: "pem" }).toString();
const signed = (key: KeyObject, hash = "sha256", text = TEXT) => sign(hash, text, key);
const byRsa = signed(rsa.privateKey);

interface Arguments {
  readonly hash?: string;
  readonly der?: Uint8Array;
  readonly pem?: string;
  readonly signature?: Uint8Array;
  readonly text?: Uint8Array;
}

function message(fields: readonly (readonly [number, Uint8Array | string | undefined])[]): Uint8Array {
  const given = fields.map(
    ([number, value]) => [number, typeof value === "string" ? utf8(value) : value] as const,
  );
  return concat(given.flatMap(([number, value]) => (value?.length ? [lengthDelimited(number, value)] : [])));
}

function verifying({ hash = "sha256", text = TEXT, ...other }: Arguments): Uint8Array {
  return message([
    [1, hash],
    [2, other.der],
    [3, other.signature],
    [4, text],
    [5, other.pem],
  ]);
}

function signing({ hash = "sha256", text = TEXT, ...other }: Arguments): Uint8Array {
  return message([
    [1, hash],
    [2, other.der],
    [3, text],
    [4, other.pem],
  ]);
}

const hashes = ["sha1", "sha224", "SHA256", "sha384", "sha512"];
const noHashes = ["md5", "sha3-256", "sha-256", "RSA-SHA256", ""];
const VERIFIED: readonly (readonly [what: string, args: Arguments])[] = [
  ...hashes.map((hash) => [hash, { hash, der: der(rsa), signature: signed(rsa.privateKey, hash) }] as const),
  ...noHashes.map((hash) => [`hash "${hash}"`, { hash, der: der(rsa), signature: byRsa }] as const),
  ...curves.map(([name, key]) => [name, { der: der(key), signature: signed(key.privateKey) }] as const),
  ["another text", { der: der(rsa), signature: signed(rsa.privateKey, "sha256", utf8("other")) }],
  ["no signature", { der: der(rsa) }],
  ["no text", { der: der(rsa), text: utf8(""), signature: signed(rsa.privateKey, "sha256", utf8("")) }],
  ["no key", { signature: byRsa }],
  ["two keys", { der: der(rsa), pem: pem(rsa), signature: byRsa }],
  ["no key at all in DER", { der: utf8("nonsense"), signature: byRsa }],
  ["no key at all in PEM", { pem: "nonsense", signature: byRsa }],
  ["neither key nor hash", { hash: "md5", pem: "nonsense", signature: byRsa }],
  ["DER with something behind it", { der: concat([der(rsa), TEXT]), signature: byRsa }],
  ["DER of a private key", { der: privateDer(rsa), signature: byRsa }],
  ["DER as PKCS#1", { der: rsa.publicKey.export({ type: "pkcs1", format: "der" }), signature: byRsa }],
  ["PEM", { pem: pem(rsa), signature: byRsa }],
  ["PEM with something around it", { pem: `before\n${pem(rsa)}after`, signature: byRsa }],
  ["PEM of a private key", { pem: privatePem(rsa.privateKey, "pkcs8"), signature: byRsa }],
  [
    "PEM as PKCS#1",
    { pem: rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString(), signature: byRsa },
  ],
  ["PEM of a curve", { pem: pem(p256), signature: signed(p256.privateKey) }],
  [
    "ECDSA as a JWT has it",
    { der: der(p256), signature: sign("sha256", TEXT, { key: p256.privateKey, dsaEncoding: "ieee-p1363" }) },
  ],
  [
    "ECDSA with something behind it",
    { der: der(p256), signature: concat([signed(p256.privateKey), new Uint8Array(1)]) },
  ],
  ["ECDSA with SHA-512", { hash: "sha512", der: der(p256), signature: signed(p256.privateKey, "sha512") }],
  [
    "PSS",
    {
      der: der(rsa),
      signature: sign("sha256", TEXT, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }),
    },
  ],
  ["a PSS key", { der: der(pss), signature: signed(pss.privateKey) }],
  ["Ed25519", { der: der(ed25519), signature: sign(null, TEXT, ed25519.privateKey) }],
];
const SIGNED: readonly (readonly [what: string, args: Arguments])[] = [
  ...[...hashes, ...noHashes].map((hash) => [`with ${hash}`, { hash, der: privateDer(rsa) }] as const),
  ["with PEM", { pem: privatePem(rsa.privateKey, "pkcs8") }],
  ["with PEM as PKCS#1", { pem: privatePem(rsa.privateKey, "pkcs1") }],
  ["with DER as PKCS#1", { der: rsa.privateKey.export({ type: "pkcs1", format: "der" }) }],
  ["with something behind the key", { der: concat([privateDer(rsa), TEXT]) }],
  ["no text", { der: privateDer(rsa), text: utf8("") }],
  ["with a public key", { der: der(rsa) }],
  [
    "with an encrypted key",
    {
      pem: rsa.privateKey
        .export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "x" })
        .toString(),
    },
  ],
  ["with two keys", { der: privateDer(rsa), pem: privatePem(rsa.privateKey, "pkcs8") }],
  ["with no key", {}],
  ["with nonsense", { der: utf8("nonsense") }],
  ["with nonsense as PEM", { pem: "nonsense" }],
  ["with neither key nor hash", { hash: "md5", der: utf8("nonsense") }],
  ["with a PSS key", { der: privateDer(pss) }],
  ["with Ed25519", { der: privateDer(ed25519) }],
  ["with secp256k1", { der: privateDer(curves[4]![1]) }],
];

const CALLS = [
  ...VERIFIED.map(([what, args]) => ["verify_signature", what, verifying(args)] as const),
  ...SIGNED.map(([what, args]) => ["sign", what, signing(args)] as const),
  ["verify_signature", "what is no message", new Uint8Array([0xff])] as const,
  ["sign", "what is no message", new Uint8Array([0xff])] as const,
];
const script = CALLS.map(([name, , args]) => `request_headers foreign-hex ${name} ${hex(args)}`).join("\n");

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

let probe: string;

beforeAll(async () => {
  probe = await compileProbe();
});

async function inNode(lines: string): Promise<string[]> {
  const plugin = startPlugin(await readFile(probe), { configuration: lines });
  plugin.request();
  return answers(plugin.logs());
}

async function inEnvoy(): Promise<string[]> {
  const one: Case = {
    ...{
      case: "signatures",
      filter: "probe",
      file: "test/host/signatures.test.ts",
      rootId: "",
      plugins: [],
      connections: [],
    },
    ...{ configuration: script, allowOnHeadersStopIteration: false, counters: {}, log: [] },
    requests: [
      {
        ...{ protocol: "http1", method: "GET", path: "/", authority: "example.com", headers: [] },
        expect: { status: 200, headers: {}, trailers: {}, reset: false },
      },
    ],
  };
  const wasmFiles = new Map([["probe", probe]]);
  const located = await locateEnvoy({});
  const subject = await EnvoySubject.start({
    name: "tremula",
    host: "envoy",
    envoy: located,
    cases: [one],
    wasmFiles,
  });
  try {
    await subject.exchange(one, one.requests[0]!);
    const check = async () => {
      const lines = [...(await subject.envoy.log()).matchAll(/wasm log [^:]*: (.*)/g)].map(
        ([, line]) => line ?? "",
      );
      return lines.includes("delete()") ? answers(lines) : undefined;
    };
    return await waitFor({ what: "the end of the stream", timeoutMs: 5_000, check });
  } finally {
    await subject.close();
  }
}

function answers(log: readonly string[]): string[] {
  return log.flatMap((line) => /^ {2}foreign-hex .* = (.*)$/.exec(line)?.[1] ?? []);
}

describe("signatures in process", () => {
  it("are checked and made as by stock Envoy", async () => {
    const [node, envoy] = [await inNode(script), await inEnvoy()];
    expect(node).toHaveLength(CALLS.length);
    const named = (list: readonly string[]) => CALLS.map(([name, what], i) => `${name}, ${what}: ${list[i]}`);
    expect(named(node)).toEqual(named(envoy));
  });

  it("by elliptic curves are others each time, and good ones", async () => {
    for (const [name, key] of curves.slice(0, 4)) {
      const [made = ""] = await inNode(
        `request_headers foreign-hex sign ${hex(signing({ der: privateDer(key) }))}`,
      );
      const result = Buffer.from(made.split(" ")[1] ?? "", "hex");
      // SignResult: result, field 1, and a signature of less than 256 octets, field 2.
      expect([...result.subarray(0, 3)], name).toEqual([0x08, 1, 0x12]);
      const signature = result.subarray(result[3]! < 0x80 ? 4 : 5);
      const check = hex(verifying({ der: der(key), signature }));
      expect(await inNode(`request_headers foreign-hex verify_signature ${check}`), name).toEqual(["0 0801"]);
    }
  });
});

describe("where nothing computes at once, as in a browser", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("signatures are Unimplemented", async () => {
    const wasm = await readFile(probe);
    vi.stubGlobal("process", undefined);
    const plugin = startPlugin(wasm, { configuration: script });
    plugin.request();
    expect(new Set(answers(plugin.logs()))).toEqual(new Set(['12 ""']));
    expect([...plugin.host.unimplemented]).toEqual(["verify_signature", "sign"]);
  });
});
