import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { KeyDefinition } from "./material-schema.js";
import { makeKeyPair } from "../key-pair.js";

/** A JSON Web Key. */
export type Jwk = Record<string, unknown>;

/** What signs and what is published. A secret is both. */
export interface Key {
  readonly name: string;
  /** Null when only the public half is known. */
  readonly signing: KeyObject | Buffer | null;
  /** Null for a secret. */
  readonly verifying: KeyObject | null;
  readonly kid: string | null;
  /** What tokens are signed with unless they say otherwise. */
  readonly alg: string;
  readonly publicJwk: Jwk;
  readonly privateJwk: Jwk;
}

/** Octets of a secret, or the two halves of a pair. */
type Material = Buffer | { readonly publicKey: KeyObject; readonly privateKey: KeyObject | null };

/** Making an RSA key takes a good part of a second: files that define the same key by the same name share it. */
const made = new Map<string, Promise<Material>>();

const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
  secp256k1: "ES256K",
};

/** The keys of a case by their names, made when they are asked for. */
export class Keys {
  readonly #keys = new Map<string, Promise<Key>>();

  constructor(private readonly definitions: Readonly<Record<string, KeyDefinition>>) {}

  /** @throws {Error} when there is none of this name */
  get(name: string): Promise<Key> {
    const known = this.#keys.get(name) ?? this.#make(name);
    this.#keys.set(name, known);
    return known;
  }

  async #make(name: string): Promise<Key> {
    const definition = this.#definition(name);
    const material = await this.#material(name, []);
    const secret = Buffer.isBuffer(material);
    const privateJwk: Jwk = secret
      ? { kty: "oct", k: material.toString("base64url") }
      : { ...(material.privateKey ?? material.publicKey).export({ format: "jwk" }) };
    const publicJwk: Jwk = secret ? privateJwk : { ...material.publicKey.export({ format: "jwk" }) };
    const alg = algorithm(publicJwk);
    const { kid = name } = definition;
    const shown = definition.alg === undefined ? alg : definition.alg;
    const described = (jwk: Jwk): Jwk => {
      const all = {
        ...jwk,
        ...definition.given,
        ...(kid !== null && { kid }),
        ...(shown !== null && { alg: shown }),
      };
      const members = Object.entries({ ...all, ...definition.jwk });
      return Object.fromEntries(members.filter(([, value]) => value !== null));
    };
    return {
      name,
      signing: secret ? material : material.privateKey,
      verifying: secret ? null : material.publicKey,
      kid,
      alg: definition.alg ?? alg,
      publicJwk: described(publicJwk),
      privateJwk: described(privateJwk),
    };
  }

  async #material(name: string, below: readonly string[]): Promise<Material> {
    if (below.includes(name)) throw new Error(`key ${name} is made from itself`);
    const definition = this.#definition(name);
    if (definition.from !== undefined) return this.#material(definition.from, [...below, name]);
    if (definition.given !== undefined) return givenMaterial(definition.given);
    const { kty, bits, exponent, crv, bytes, secret } = definition;
    if (secret !== undefined && typeof secret === "object" && "public" in secret) {
      return this.#publicAsSecret(secret, [...below, name]);
    }
    const id = JSON.stringify([name, kty, bits, exponent, crv, bytes, secret]);
    const material = made.get(id) ?? generate(definition);
    made.set(id, material);
    return material;
  }

  /** What an attacker signs with who hopes that a public key is taken for a secret. */
  async #publicAsSecret(
    secret: { public: string; as: "pem" | "der" | "jwk" },
    below: readonly string[],
  ): Promise<Buffer> {
    const material = await this.#material(secret.public, below);
    if (Buffer.isBuffer(material)) throw new Error(`key ${secret.public} has no public half`);
    const { publicKey } = material;
    if (secret.as === "der") return publicKey.export({ format: "der", type: "spki" });
    if (secret.as === "pem") return Buffer.from(publicKey.export({ format: "pem", type: "spki" }));
    return Buffer.from(JSON.stringify((await this.get(secret.public)).publicJwk));
  }

  #definition(name: string): KeyDefinition {
    const definition = this.definitions[name];
    if (definition !== undefined) return definition;
    throw new Error(
      `there is no key ${name}; there are: ${Object.keys(this.definitions).join(", ") || "none"}`,
    );
  }
}

async function generate({ kty, bits, exponent, crv, bytes, secret }: KeyDefinition): Promise<Material> {
  if (kty === "oct") return secretOctets(secret, bytes);
  if (kty === "RSA") {
    return makeKeyPair("rsa", { modulusLength: bits ?? 2048, publicExponent: exponent ?? 65_537 });
  }
  if (kty === "EC") return makeKeyPair("ec", { namedCurve: crv ?? "P-256" });
  return makeKeyPair(crv === "Ed448" ? "ed448" : "ed25519");
}

function secretOctets(secret: KeyDefinition["secret"], bytes: number | undefined): Buffer {
  if (typeof secret === "string") return Buffer.from(secret);
  if (secret !== undefined && "hex" in secret) return Buffer.from(secret.hex, "hex");
  return randomBytes(bytes ?? 32);
}

function givenMaterial(jwk: Jwk): Material {
  if (jwk["kty"] === "oct") return Buffer.from(String(jwk["k"]), "base64url");
  const key = jwk as JsonWebKeyInput["key"];
  const publicKey = createPublicKey({ key, format: "jwk" });
  return { publicKey, privateKey: "d" in jwk ? createPrivateKey({ key, format: "jwk" }) : null };
}

function algorithm({ kty, crv, k }: Jwk): string {
  if (kty === "RSA") return "RS256";
  if (kty === "oct") return typeof k === "string" ? "HS256" : "";
  return kty === "OKP" ? "EdDSA" : (EC_ALGORITHMS[String(crv)] ?? "ES256");
}
