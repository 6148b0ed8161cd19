import { z } from "zod";

const Members = z.record(z.string(), z.unknown());

/** A key, generated once for a process; see keys.ts. */
export const KeyDefinition = z
  .strictObject({
    kty: z.enum(["RSA", "EC", "OKP", "oct"]).optional(),
    /** RSA: 2048 and 65537 unless given. */
    bits: z.int().min(512).max(16_384).optional(),
    exponent: z.int().optional(),
    /** P-256 unless given, or Ed25519. */
    crv: z.enum(["P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448"]).optional(),
    /** Octets of a secret: 32 unless given. */
    bytes: z.int().min(0).optional(),
    secret: z
      .union([
        z.string(),
        z.strictObject({ hex: z.string() }),
        z.strictObject({ public: z.string(), as: z.enum(["pem", "der", "jwk"]) }),
      ])
      .optional(),
    /** The material of another key. */
    from: z.string().optional(),
    /** A JWK; one without private members cannot sign. */
    given: Members.optional(),
    kid: z.string().nullable().optional(),
    alg: z.string().nullable().optional(),
    /** Members that are added or replaced, or with null removed. */
    jwk: Members.optional(),
  })
  .refine(({ kty, from, given }) => [kty, from, given].filter((one) => one !== undefined).length === 1, {
    message: "a key has one of kty, from and given",
  });

/** A section of a token: members, text, or what it is made of. */
const Section = z.union([
  z.string(),
  z.strictObject({ $hex: z.string() }),
  z.strictObject({ $section: z.string() }),
  Members,
]);

const Signature = z.union([
  z.literal("none"),
  z.strictObject({
    by: z.string().optional(),
    hex: z.string().optional(),
    zeros: z.int().positive().optional(),
    section: z.string().optional(),
    der: z.boolean().optional(),
    highS: z.boolean().optional(),
    flip: z.int().min(0).optional(),
    append: z.string().optional(),
    cut: z.int().positive().optional(),
    noncanonical: z.boolean().optional(),
    suffix: z.string().optional(),
  }),
]);

/** A token, made once for each run of a case; see tokens.ts. */
export const TokenDefinition = z
  .strictObject({
    from: z.string().optional(),
    key: z.string().optional(),
    alg: z.string().optional(),
    header: Section.optional(),
    payload: Section.optional(),
    without: z.array(z.string()).optional(),
    withoutHeader: z.array(z.string()).optional(),
    signature: Signature.optional(),
    text: z.string().optional(),
  })
  .refine(({ from, key }) => from !== undefined || key !== undefined, { message: "a token has a key" });

const KeyList = z.array(z.union([z.string(), Members]));

/** A key set: keys by their names and JWKs as they are, or its text. */
export const Jwks = z.union([
  z.string(),
  KeyList,
  z.strictObject({
    keys: KeyList,
    /** Keys whose private members are in it. */
    private: z.array(z.string()).default([]),
    /** Further members of the document. */
    more: Members.default({}),
  }),
]);

const JwksAnswer = z.strictObject({
  status: z.int().default(200),
  jwks: z.string().optional(),
  body: z.string().optional(),
  /** A key set of so many octets, with no key that anybody has. */
  huge: z.int().positive().optional(),
  headers: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** Milliseconds before the answer. */
  delay: z.int().min(0).default(0),
  /** The body in pieces, milliseconds apart. */
  drip: z.strictObject({ pieces: z.int().positive(), every: z.int().positive() }).optional(),
  /** The connection is closed before an answer. */
  close: z.boolean().default(false),
  /** The answer breaks off in the middle of its body. */
  cut: z.boolean().default(false),
});

/** By path what each fetch gets; the last answer stays. */
export const JwksScript = z.record(
  z.string().startsWith("/"),
  z.union([JwksAnswer.transform((one) => [one]), z.array(JwksAnswer).min(1)]),
);

export type KeyDefinition = z.output<typeof KeyDefinition>;
export type TokenDefinition = z.output<typeof TokenDefinition>;
export type TokenSection = z.output<typeof Section>;
export type TokenSignature = z.output<typeof Signature>;
export type JwksDefinition = z.output<typeof Jwks>;
export type JwksAnswerDefinition = z.output<typeof JwksAnswer>;
export type JwksScriptDefinition = z.output<typeof JwksScript>;
