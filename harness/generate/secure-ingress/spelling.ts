import { isPathTemplate } from "../authorization/values.js";

/** Printable ASCII without what ends a path, or what proxies rewrite; escapes are allowed where they are whole. */
const PATH = /^(?:[!$&-;=@-[\]^_`a-z{|}~]|%[0-9A-Fa-f]{2})*$/;

/**
 * Whether a path of a rule can be one that a filter sees: a query or fragment is cut off before, dot segments are resolved, and what
 * is no ASCII is escaped. A rule with a path that is never seen guards nothing.
 */
export function isWritable(path: string): boolean {
  const bare = isPathTemplate(path) ? path.replaceAll("{**}", "").replaceAll("{*}", "") : path;
  const middle = bare.replace(/^\*|\*$/g, "");
  if (/[*{}]/.test(middle) || (bare.length > 1 && bare.startsWith("*") && bare.endsWith("*"))) return false;
  if (!PATH.test(bare) || (bare.includes("//") && !isPathTemplate(path))) return false;
  // Unreserved ones are decoded before anybody compares them, and these are ambiguous.
  if (/%(?:2[def]|3[0-9b]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9ae]|00)/i.test(bare) || /[;\\]/.test(bare))
    return false;
  return !bare.split("/").some((segment) => segment === "." || segment === "..");
}

/** Patterns of origins that take names of anybody's: `https://*`, `https://app.example*`, `*example.com`. */
export const LOOSE_ORIGIN = /^\*[^.:]|[^*:]\*$/;
