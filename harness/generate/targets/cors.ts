import { textMatcher } from "../authorization/values.js";
import { compact, type JsonObject } from "../json.js";
import type { Plan } from "../plan/index.js";
import type { Cors } from "../secure-ingress/index.js";
import { typed } from "./wasm.js";

const NAME = "envoy.filters.http.cors";

/** Envoy's own filter, in front of those that deny, so that a browser may read their answers, too. */
export interface CorsConfig {
  readonly filters: readonly JsonObject[];
  /** What the virtual host has to say. */
  readonly host: JsonObject;
}

/** CORS as a workload's SecureIngressPolicy wants it; nothing without one. */
export function corsConfig({ ingress }: Plan): CorsConfig {
  const cors = ingress?.cors?.spec.cors;
  if (cors === undefined) return { filters: [], host: {} };
  return {
    filters: [{ name: NAME, typed_config: typed("envoy.extensions.filters.http.cors.v3.Cors") }],
    host: { typed_per_filter_config: { [NAME]: policyOf(cors) } },
  };
}

function policyOf(cors: Cors): JsonObject {
  const joined = (list: readonly string[] | undefined) => list?.join(", ");
  return typed(
    "envoy.extensions.filters.http.cors.v3.CorsPolicy",
    compact({
      allow_origin_string_match: cors.allowOrigins.map(textMatcher),
      allow_methods: joined(cors.allowMethods),
      allow_headers: joined(cors.allowHeaders),
      expose_headers: joined(cors.exposeHeaders),
      max_age: cors.maxAgeSeconds === undefined ? undefined : String(cors.maxAgeSeconds),
      allow_credentials: cors.allowCredentials,
    }),
  );
}
