import type { Plugin } from "../plugin.js";

/**
 * Keeps out clients without a certificate: what of STRICT a filter can enforce. On connections it closes them, as TLS would; for
 * HTTP it answers with 403.
 */
export function strictPeers(name: string, layer: "http" | "network"): Plugin {
  const named = { authenticated: { principal_name: { safe_regex: { regex: ".+" } } } };
  const policy = { permissions: [{ any: true }], principals: [{ not_id: named }] };
  const rules = { action: "DENY", policies: { "no client certificate": policy } };
  return {
    name,
    filter: "rbac",
    rootId: "rbac",
    layer,
    phase: "AUTHN",
    direction: "inbound",
    failClosed: true,
    configuration: { ...(layer === "network" && { stat_prefix: "mtls." }), rules },
  };
}
