import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, flag, matchLabels, target, text, texts } from "../schema.js";

const group = "security.istio.io";
const versions = ["v1", "v1beta1"];

/** Of every kind that Istio accepts a field of, in its CRDs of 1.28 and later. */
const source = fields({
  principals: texts,
  notPrincipals: texts,
  requestPrincipals: texts,
  notRequestPrincipals: texts,
  namespaces: texts,
  notNamespaces: texts,
  serviceAccounts: texts,
  notServiceAccounts: texts,
  ipBlocks: texts,
  notIpBlocks: texts,
  remoteIpBlocks: texts,
  notRemoteIpBlocks: texts,
  trustDomains: texts,
  notTrustDomains: texts,
});

const operation = fields({
  hosts: texts,
  notHosts: texts,
  ports: texts,
  notPorts: texts,
  methods: texts,
  notMethods: texts,
  paths: texts,
  notPaths: texts,
});

const condition = z.strictObject({ key: text, values: texts.optional(), notValues: texts.optional() });

/** Istio's AuthorizationPolicy. */
export const AuthorizationPolicy = kind({
  kind: "AuthorizationPolicy",
  group,
  versions,
  schema: fields({
    ...target,
    action: z.enum(["ALLOW", "DENY", "AUDIT", "CUSTOM"]),
    provider: fields({ name: text }),
    rules: z.array(
      fields({
        from: z.array(fields({ source })),
        to: z.array(fields({ operation })),
        when: z.array(condition),
      }),
    ),
  }),
});
export type AuthorizationPolicySpec = SpecOf<typeof AuthorizationPolicy>;

/** Istio's RequestAuthentication. */
export const RequestAuthentication = kind({
  kind: "RequestAuthentication",
  group,
  versions,
  schema: fields({
    ...target,
    jwtRules: z.array(
      fields({
        issuer: text,
        audiences: texts,
        jwksUri: text,
        // The CRD has both spellings of this one field.
        jwks_uri: text,
        jwks: text,
        fromHeaders: z.array(z.strictObject({ name: text, prefix: text.optional() })),
        fromParams: texts,
        fromCookies: texts,
        outputPayloadToHeader: text,
        forwardOriginalToken: flag,
        outputClaimToHeaders: z.array(z.strictObject({ header: text, claim: text })),
        timeout: text,
        spaceDelimitedClaims: texts,
      }),
    ),
  }),
});
export type RequestAuthenticationSpec = SpecOf<typeof RequestAuthentication>;

const mtls = fields({ mode: z.enum(["UNSET", "DISABLE", "PERMISSIVE", "STRICT"]) });

/** Istio's PeerAuthentication. */
export const PeerAuthentication = kind({
  kind: "PeerAuthentication",
  group,
  versions,
  schema: fields({ selector: matchLabels, mtls, portLevelMtls: z.record(z.string(), mtls) }),
});
export type PeerAuthenticationSpec = SpecOf<typeof PeerAuthentication>;
