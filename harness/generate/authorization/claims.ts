import type { JsonObject } from "../json.js";
import { textMatcher } from "./values.js";

/** Where Envoy's `jwt_authn` leaves a token's payload; Tremula's `rbac` asks `jwt-authn` for the same. */
const TOKEN = "envoy.filters.http.jwt_authn";

function claim(path: readonly string[], value: JsonObject): JsonObject {
  const keys = ["payload", ...path].map((key) => ({ key }));
  return { metadata: { filter: TOKEN, path: keys, value } };
}

/** One of the matchers, without an `or_match` around a single one. */
export function oneOf(matchers: readonly JsonObject[]): JsonObject {
  return matchers.length === 1 ? matchers[0]! : { or_match: { value_matchers: matchers } };
}

/** A claim that is one of the texts, or a list with one of them in it. */
export function claimPrincipal(path: readonly string[], values: readonly string[]): JsonObject {
  const texts = oneOf(values.map((value) => ({ string_match: textMatcher(value) })));
  return claim(path, oneOf([{ list_match: { one_of: texts } }, texts]));
}

/** `ISSUER/SUBJECT`, each of which the token has to have; several of them, of which one has to fit. */
export function requestPrincipal(values: readonly string[]): JsonObject {
  const each = values.map((value) => {
    const { issuer, subject } = issuerAndSubject(value);
    return {
      and_ids: {
        ids: [claim(["iss"], { string_match: issuer }), claim(["sub"], { string_match: subject })],
      },
    };
  });
  return each.length === 1 ? each[0]! : { or_ids: { ids: each } };
}

/**
 * An asterisk at the beginning is part of the issuer, one at the end of the subject. Issuers are often URLs, so that the last
 * slash is what divides the two; without one, the text is an issuer whose subject is empty, unless an asterisk is there to
 * stand for the other half.
 */
function issuerAndSubject(value: string): { issuer: JsonObject; subject: JsonObject } {
  const any = textMatcher("*");
  if (value === "*") return { issuer: any, subject: any };
  const slash = value.lastIndexOf("/");
  if (slash < 0) {
    if (value.startsWith("*")) return { issuer: any, subject: { suffix: value.slice(1) } };
    if (value.endsWith("*")) return { issuer: { prefix: value.slice(0, -1) }, subject: any };
    return { issuer: { exact: value }, subject: { exact: "" } };
  }
  const issuer = value.slice(0, slash);
  const subject = value.slice(slash + 1);
  if (value.startsWith("*")) {
    return { issuer: issuer === "*" ? any : { suffix: issuer.slice(1) }, subject: { exact: subject } };
  }
  if (value.endsWith("*")) {
    return {
      issuer: { exact: issuer },
      subject: subject === "*" ? any : { prefix: subject.slice(0, -1) },
    };
  }
  return { issuer: { exact: issuer }, subject: { exact: subject } };
}
