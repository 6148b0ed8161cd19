import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, flag, int, text, textMap, texts } from "../schema.js";

/*
 * What Istio had until 1.5 and removed in 1.6, and `tremula migrate` still reads. The fields are those of the last
 * version that had them (istio/api, release-1.5); durations and enums are as their JSON has them.
 */

const stringMatch = fields({ exact: text, prefix: text, suffix: text, regex: text });
export type LegacyStringMatch = z.infer<typeof stringMatch>;

const jwt = fields({
  issuer: text,
  audiences: texts,
  jwksUri: text,
  jwks_uri: text,
  jwks: text,
  jwtHeaders: texts,
  jwt_headers: texts,
  jwtParams: texts,
  jwt_params: texts,
  triggerRules: z.array(
    fields({
      excludedPaths: z.array(stringMatch),
      excluded_paths: z.array(stringMatch),
      includedPaths: z.array(stringMatch),
      included_paths: z.array(stringMatch),
    }),
  ),
  trigger_rules: z.array(z.unknown()),
});
export type LegacyJwt = z.infer<typeof jwt>;

const authenticationPolicy = fields({
  targets: z.array(
    fields({
      name: text,
      labels: textMap,
      ports: z.array(fields({ number: int, name: text })),
    }),
  ),
  peers: z.array(
    fields({
      mtls: fields({ allowTls: flag, allow_tls: flag, mode: z.enum(["STRICT", "PERMISSIVE"]) }).nullable(),
      jwt,
    }),
  ),
  peerIsOptional: flag,
  peer_is_optional: flag,
  origins: z.array(fields({ jwt })),
  originIsOptional: flag,
  origin_is_optional: flag,
  principalBinding: z.enum(["USE_PEER", "USE_ORIGIN"]),
  principal_binding: z.enum(["USE_PEER", "USE_ORIGIN"]),
});
export type AuthenticationPolicySpec = z.infer<typeof authenticationPolicy>;

const authentication = { group: "authentication.istio.io", versions: ["v1alpha1"], nulls: ["mtls"] };

/** `authentication.istio.io/v1alpha1`: mTLS and JWT of a namespace or its services. */
export const Policy = kind({ ...authentication, kind: "Policy", schema: authenticationPolicy });

/** The same for the mesh; Istio obeyed the one that is called `default`. */
export const MeshPolicy = kind({
  ...authentication,
  kind: "MeshPolicy",
  namespaced: false,
  schema: authenticationPolicy,
});

const rbac = { group: "rbac.istio.io", versions: ["v1alpha1"] };
const rbacTarget = fields({ services: texts, namespaces: texts });

/** `rbac.istio.io/v1alpha1`: where authorization was on. */
export const ClusterRbacConfig = kind({
  ...rbac,
  kind: "ClusterRbacConfig",
  namespaced: false,
  schema: fields({
    mode: z.enum(["OFF", "ON", "ON_WITH_INCLUSION", "ON_WITH_EXCLUSION"]),
    inclusion: rbacTarget,
    exclusion: rbacTarget,
    enforcementMode: z.enum(["ENFORCED", "PERMISSIVE"]),
    enforcement_mode: z.enum(["ENFORCED", "PERMISSIVE"]),
  }),
});
export type ClusterRbacConfigSpec = SpecOf<typeof ClusterRbacConfig>;

/** `rbac.istio.io/v1alpha1`: what may be done. */
export const ServiceRole = kind({
  ...rbac,
  kind: "ServiceRole",
  schema: fields({
    rules: z.array(
      fields({
        services: texts,
        hosts: texts,
        notHosts: texts,
        not_hosts: texts,
        paths: texts,
        notPaths: texts,
        not_paths: texts,
        methods: texts,
        notMethods: texts,
        not_methods: texts,
        ports: z.array(int),
        notPorts: z.array(int),
        not_ports: z.array(int),
        constraints: z.array(z.strictObject({ key: text, values: texts.optional() })),
      }),
    ),
  }),
});
export type ServiceRoleSpec = SpecOf<typeof ServiceRole>;

/** `rbac.istio.io/v1alpha1`: who may do it. */
export const ServiceRoleBinding = kind({
  ...rbac,
  kind: "ServiceRoleBinding",
  schema: fields({
    roleRef: fields({ kind: text, name: text }),
    subjects: z.array(
      fields({
        user: text,
        group: text,
        properties: textMap,
        names: texts,
        notNames: texts,
        groups: texts,
        notGroups: texts,
        namespaces: texts,
        notNamespaces: texts,
        ips: texts,
        notIps: texts,
      }),
    ),
    mode: z.enum(["ENFORCED", "PERMISSIVE"]),
    actions: z.array(z.unknown()),
    role: text,
    roleRefs: z.unknown(),
  }),
});
export type ServiceRoleBindingSpec = SpecOf<typeof ServiceRoleBinding>;
