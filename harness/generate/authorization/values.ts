import type { JsonObject } from "../json.js";

export const SPIFFE = "spiffe://";

/** Which texts a `StringMatcher` takes: for Istio `*` is any but none. */
const ANY: JsonObject = { safe_regex: { regex: ".+" } };

/**
 * Istio's texts as Envoy's `StringMatcher`: `*` for any text that is not empty, `*x` for an end, `x*` for a beginning, and
 * all else as it is.
 */
export function textMatcher(value: string): JsonObject {
  if (value === "*") return ANY;
  if (value.startsWith("*")) return { suffix: value.slice(1) };
  if (value.endsWith("*")) return { prefix: value.slice(0, -1) };
  return { exact: value };
}

/** A matcher of a header's values: `*` asks only whether the header is there, and so takes an empty value, too. */
export function headerMatcher(name: string, value: string, ignoreCase = false): JsonObject {
  if (value === "*") return { name, present_match: true };
  return { name, string_match: { ...textMatcher(value), ...(ignoreCase && { ignore_case: true }) } };
}

/** A workload's identity, `cluster.local/ns/NAMESPACE/sa/ACCOUNT`, which certificates have as a SPIFFE URI. */
export function principalMatcher(value: string): JsonObject {
  if (value === "*") return ANY;
  if (value.startsWith("*")) return { safe_regex: { regex: `${SPIFFE}.*${quoteRegex(value.slice(1))}` } };
  if (value.endsWith("*")) return { prefix: SPIFFE + value.slice(0, -1) };
  return { exact: SPIFFE + value };
}

/** The namespace in a workload's identity; an asterisk stands for any text. */
export function namespaceMatcher(value: string): JsonObject {
  const quoted = value.split("*").map(quoteRegex).join(".*");
  return { safe_regex: { regex: `.*/ns/${quoted}/.*` } };
}

/**
 * The service account in a workload's identity, `ACCOUNT` or `NAMESPACE/ACCOUNT`. Both are quoted: a dot in a name once
 * matched any character (CVE-2026-39350).
 *
 * @param namespace that of the policy, for an account without one
 */
export function serviceAccountMatcher(value: string, namespace: string): JsonObject {
  const slash = value.indexOf("/");
  const [space, account] = slash < 0 ? [namespace, value] : [value.slice(0, slash), value.slice(slash + 1)];
  const regex = `${SPIFFE}.+/ns/${quoteRegex(space)}/(.+/|)sa/${quoteRegex(account)}(/.+)?`;
  return { safe_regex: { regex } };
}

/** The trust domain in a workload's identity: what is between the scheme and the first slash. */
export function trustDomainMatcher(value: string): JsonObject {
  if (value === "*") return { prefix: SPIFFE };
  if (!value.includes("*")) return { prefix: `${SPIFFE}${value}/` };
  const quoted = value.split("*").map(quoteRegex).join("[^/]*");
  return { safe_regex: { regex: `${SPIFFE}${quoted}/.*` } };
}

/** `10.0.0.1` or `10.0.0.0/8` as Envoy's `CidrRange`. */
export function cidrRange(value: string): JsonObject {
  const [address = "", bits] = value.split("/");
  const whole = address.includes(":") ? 128 : 32;
  return { address_prefix: address, prefix_len: bits === undefined ? whole : Number(bits) };
}

/** Escapes what means something in RE2's expressions, as Go's `regexp.QuoteMeta` does. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

/** Whether a path has `{*}` or `{**}` in it, which make a template of it. */
export function isPathTemplate(path: string): boolean {
  return path.includes("{*}") || path.includes("{**}");
}

/** A path without query, as a permission: a template, or a text. */
export function pathPermission(value: string): JsonObject {
  if (!isPathTemplate(value)) return { url_path: { path: textMatcher(value) } };
  const template = value.replaceAll("{**}", "**").replaceAll("{*}", "*");
  return {
    uri_template: {
      name: "uri-template",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
        path_template: template,
      },
    },
  };
}
