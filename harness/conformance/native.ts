import type { z } from "zod";
import { mergePatch, withoutPaths } from "./merge-patch.js";
import type { Native } from "./schema.js";

/** An HTTP filter as Envoy's configuration has it. */
export type HttpFilter = Record<string, unknown>;

interface Known {
  readonly name: string;
  readonly type: string;
  /** Fields that only ours has. */
  readonly ours: readonly string[];
}

const HTTP = "envoy.extensions.filters.http";

/** Native filters whose configuration ours take as it is. */
const KNOWN: Readonly<Record<string, Known>> = {
  jwt_authn: {
    name: "envoy.filters.http.jwt_authn",
    type: `${HTTP}.jwt_authn.v3.JwtAuthentication`,
    ours: [
      ...["mode", "verifier", "route_metadata_namespace", "routeMetadataNamespace"],
      ...["providers.*.claim_to_filter_state", "providers.*.claimToFilterState"],
      ...["remote_jwks", "remoteJwks"].flatMap((jwks) => [
        ...[
          "unknown_kid_refetch_interval",
          "unknownKidRefetchInterval",
          "max_jwks_bytes",
          "maxJwksBytes",
        ].map((field) => `providers.*.${jwks}.${field}`),
      ]),
    ],
  },
  rbac: { name: "envoy.filters.http.rbac", type: `${HTTP}.rbac.v3.RBAC`, ours: ["mode"] },
};

/**
 * The native filters of a case: as they are given, or one that has the case's own configuration.
 *
 * @returns undefined when there are none, or when the configuration is text, which only ours can read
 */
export function nativeFilters(
  native: z.output<typeof Native> | undefined,
  configuration: unknown,
): HttpFilter[] | undefined {
  if (native === undefined || native === false) return undefined;
  if (Array.isArray(native)) return native;
  const { filter, type, without, merge } =
    typeof native === "string" ? { filter: native, type: undefined, without: [], merge: undefined } : native;
  const known = KNOWN[filter];
  const message = type ?? known?.type;
  if (message === undefined) {
    throw new Error(`native: ${filter} is none of ${Object.keys(KNOWN).join(", ")}, and no type is given`);
  }
  if (typeof configuration === "string") return undefined;
  const own = withoutPaths(configuration ?? {}, [...(known?.ours ?? []), ...without]);
  const config = merge === undefined ? own : mergePatch(own, merge);
  return [
    {
      name: known?.name ?? filter,
      typed_config: { "@type": `type.googleapis.com/${message}`, ...(config as object) },
    },
  ];
}
