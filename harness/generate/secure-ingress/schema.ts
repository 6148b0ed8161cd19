import { z } from "zod";
import { kind, type SpecOf } from "../../resources/index.js";
import { addressProblem, keysProblem } from "../request-authentication.js";
import { isWritable, LOOSE_ORIGIN } from "./spelling.js";

const text = z.string().min(1);
const texts = z.array(text).min(1);
/** What cannot match guards nothing, so that it is an error: a port, which is cut off, or an asterisk in the middle. */
const HOST = /^(?:\*|\*?[A-Za-z0-9._-]*[A-Za-z0-9_-]|[A-Za-z0-9_-][A-Za-z0-9._-]*\*|\*?\[[0-9A-Fa-f:.]+\])$/;
/** Methods are told apart by case, and all that anybody uses are capitals. */
const METHOD = /^(?:\*|\*?[A-Z0-9_-]+|[A-Z0-9_-]+\*)$/;
/** Refuses a text with what is wrong with it. */
const without =
  (problemOf: (value: string) => string | null) => (value: string, context: z.RefinementCtx) => {
    const message = problemOf(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  };

const header = z.string().regex(/^[-\w]+$/);

const token = z
  .strictObject({
    name: text.describe("What rules call tokens of this issuer."),
    issuer: z
      .string()
      .regex(/^[^*]+$/)
      .describe("The claim iss, exactly."),
    audiences: texts.optional().describe("One of them has to be in the claim aud."),
    jwksUri: z
      .string()
      .regex(/^https?:\/\/./, { abort: true })
      .superRefine(without(addressProblem))
      .optional()
      .describe("Where the issuer's keys are."),
    jwks: text
      .superRefine(without(keysProblem))
      .optional()
      .describe("The keys themselves, as RFC 7517 has them."),
    fromHeaders: z
      .array(z.strictObject({ name: header, prefix: z.string().optional() }))
      .min(1)
      .optional()
      .describe(
        "Where tokens are; Authorization: Bearer and the parameter access_token when nothing is said.",
      ),
    fromParams: texts.optional(),
    fromCookies: texts.optional(),
    forwardOriginalToken: z.boolean().optional(),
    outputPayloadToHeader: header.optional(),
    outputClaimToHeaders: z
      .array(z.strictObject({ header, claim: text }))
      .min(1)
      .optional(),
  })
  .refine(({ jwksUri, jwks }) => (jwksUri === undefined) !== (jwks === undefined), {
    message: "either jwksUri or jwks",
  });

const access = z.strictObject({
  tokens: texts.optional().describe("Names of tokens that will do; any of the policy's when left out."),
  subjects: texts
    .optional()
    .describe("Texts for the claim sub; `*`, `x*` and `*x` as in an AuthorizationPolicy."),
  claims: z
    .array(
      z.strictObject({
        path: z
          .array(
            text.refine((name) => !/[[\]]/.test(name), "a claim that no policy can name: it has a bracket"),
          )
          .min(1)
          .describe("The claim's name, or the names down to one that is nested."),
        values: texts.describe("One of them has to be the claim, or in it where it is a list."),
      }),
    )
    .min(1)
    .optional()
    .describe("All of them have to hold."),
});

const rule = z
  .strictObject({
    hosts: z
      .array(text.regex(HOST, "is no name, without a port, in which an asterisk stands at one end"))
      .min(1)
      .optional()
      .describe("Names without a port: any port will do. `*.example.com` for all below it."),
    paths: z
      .array(
        z
          .string()
          .regex(/^(\/|\*)/)
          .refine(isWritable, "is written as no request has it"),
      )
      .min(1)
      .optional()
      .describe("`/exact`, `/below/*`, `*/suffix`, or a template with `{*}` and, at last, `{**}`."),
    methods: z
      .array(text.regex(METHOD, "is no method in capitals, in which an asterisk stands at one end"))
      .min(1)
      .optional(),
    access: access.optional().describe("Who, if not the policy's `access`; only where mode is require."),
  })
  .refine(({ hosts, paths, methods }) => (hosts ?? paths ?? methods) !== undefined, {
    message: "names neither hosts nor paths nor methods",
  });

const cors = z.strictObject({
  allowOrigins: texts.describe(
    "Origins, `*` for any, `*x` and `x*` for those with such an end or beginning.",
  ),
  allowMethods: z.array(header).min(1).optional(),
  allowHeaders: z
    .array(z.string().regex(/^([-\w]+|\*)$/))
    .min(1)
    .optional(),
  exposeHeaders: z.array(header).min(1).optional(),
  maxAgeSeconds: z.int().min(0).optional(),
  allowCredentials: z.boolean().optional(),
});

const SHARED =
  "another token, which is not named here, has the same issuer, and nobody could tell them apart";

/** Whether a token that will do has the issuer of one that will not: what is decided on is the issuer's name. */
function isShared(
  tokens: readonly { readonly name: string; readonly issuer: string }[],
  named: readonly string[] = [],
  name: string,
): boolean {
  const issuer = tokens.find((one) => one.name === name)?.issuer;
  return tokens.some((other) => other.issuer === issuer && !named.includes(other.name));
}

const spec = z
  .strictObject({
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }).optional(),
    targetRefs: z
      .array(z.strictObject({ group: z.string().optional(), kind: text, name: text }))
      .min(1)
      .optional(),
    mode: z
      .enum(["require", "exempt"])
      .describe("require: what the rules match needs a token. exempt: everything else does."),
    tokens: z
      .array(token)
      .min(1)
      .describe("The tokens that are good here. One that is none of them is answered with 401 everywhere."),
    access: access
      .optional()
      .describe("Who, wherever a token is needed. Anybody with a good token when left out."),
    rules: z.array(rule).min(1),
    missingTokenStatus: z
      .literal([401, 403])
      .default(401)
      .describe("The answer where a token is needed and there is none."),
    preflight: z
      .enum(["allow", "check"])
      .default("allow")
      .describe("Whether CORS preflights, which never have a token, need one."),
    cors: cors
      .optional()
      .describe(
        "What browsers may do from other origins; for proxies that `tremula generate --target envoy` configures.",
      ),
    ambiguousPaths: z
      .enum(["reject", "allow"])
      .default("reject")
      .describe(
        "Paths that a server may read as others: with %2F, a backslash, a semicolon, dot segments or NUL.",
      ),
  })
  .superRefine((policy, context) => {
    const names = new Set(policy.tokens.map(({ name }) => name));
    const check = (tokens: readonly string[] | undefined, path: (string | number)[]) =>
      tokens?.forEach((name, index) => {
        if (names.has(name)) return;
        const message = `there is no token ${JSON.stringify(name)}`;
        context.addIssue({ code: "custom", path: [...path, index], message });
      });
    check(policy.access?.tokens, ["access", "tokens"]);
    policy.rules.forEach(({ access: own }, index) => {
      check(own?.tokens, ["rules", index, "access", "tokens"]);
      if (policy.mode === "require" || own === undefined) return;
      const message = "what is exempt needs no token, whoever it is";
      context.addIssue({ code: "custom", path: ["rules", index, "access"], message });
    });
    if (policy.cors?.allowCredentials === true && policy.cors.allowOrigins.includes("*")) {
      const message = "any origin, and with credentials: every site could act for whoever is logged in";
      context.addIssue({ code: "custom", path: ["cors", "allowCredentials"], message });
    }
    policy.cors?.allowOrigins.forEach((origin, index) => {
      if (policy.cors?.allowCredentials !== true || !LOOSE_ORIGIN.test(origin)) return;
      const message = "names of other people begin or end so, too; with credentials write *.name, or name:*";
      context.addIssue({ code: "custom", path: ["cors", "allowOrigins", index], message });
    });
    if (policy.mode === "require") {
      const guarded = policy.rules.flatMap(({ paths = [] }, rule) =>
        paths.map((path, at) => ({ path, rule, at })),
      );
      for (const { path, rule, at } of guarded) {
        if (!path.includes("%")) continue;
        const message = "what is escaped can be written in several ways, and one of them would be open";
        context.addIssue({ code: "custom", path: ["rules", rule, "paths", at], message });
      }
    }
    policy.access?.tokens?.forEach((name, index) => {
      if (!isShared(policy.tokens, policy.access?.tokens, name)) return;
      context.addIssue({ code: "custom", path: ["access", "tokens", index], message: SHARED });
    });
    policy.rules.forEach(({ access: own }, rule) => {
      own?.tokens?.forEach((name, index) => {
        if (!isShared(policy.tokens, own.tokens, name)) return;
        context.addIssue({
          code: "custom",
          path: ["rules", rule, "access", "tokens", index],
          message: SHARED,
        });
      });
    });
    if (policy.selector && policy.targetRefs) {
      const message = "only one of selector and targetRefs may be there";
      context.addIssue({ code: "custom", path: ["selector"], message });
    }
    if (names.size < policy.tokens.length) {
      context.addIssue({ code: "custom", path: ["tokens"], message: "two tokens of one name" });
    }
  });

/** Who may reach which hosts and paths with which tokens: our own kind. */
export const SecureIngressPolicy = kind({
  kind: "SecureIngressPolicy",
  group: "tremula.dev",
  versions: ["v1alpha1"],
  schema: spec,
});
export type SecureIngressPolicySpec = SpecOf<typeof SecureIngressPolicy>;
export type Cors = NonNullable<SecureIngressPolicySpec["cors"]>;
export type IngressRule = SecureIngressPolicySpec["rules"][number];
export type Access = NonNullable<SecureIngressPolicySpec["access"]>;
