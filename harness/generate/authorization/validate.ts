import { isIP } from "node:net";
import { validateTarget, type Problem } from "../target.js";
import { attributeOf } from "./conditions.js";
import type { Policy } from "./policies.js";
import type { Rule } from "./rule.js";
import { isPathTemplate } from "./values.js";

type Path = Problem["path"];
type Lists = Readonly<Record<string, readonly string[] | undefined>>;

/** What a provider (CUSTOM) cannot be asked about, for Istio asks it before it knows who the client is. */
const NOT_FOR_CUSTOM =
  /^(not)?(namespaces|serviceaccounts|trustdomains|principals|requestprincipals)$|^source\.(namespace|principal|serviceAccount|trustDomain)$|^request\.auth\./i;
const MOST_ACCOUNTS = 16;
const LONGEST_ACCOUNT = 320;

/** What Istio's validation refuses in an AuthorizationPolicy; empty when the policy is good. */
export function validatePolicy({ spec }: Policy): Problem[] {
  const action = spec.action ?? "ALLOW";
  const found: (Problem | false)[] = [
    (action === "DENY" || action === "CUSTOM") &&
      !spec.rules?.length && {
        path: ["rules"],
        message: `${action} needs rules; without any it does nothing`,
      },
    action !== "CUSTOM" &&
      !!spec.provider && { path: ["provider"], message: "a provider is for CUSTOM only" },
    action === "CUSTOM" &&
      !spec.provider?.name && {
        path: ["provider"],
        message: "CUSTOM needs the name of a provider",
      },
  ];
  const rules = (spec.rules ?? []).flatMap((rule, index) => validateRule(rule, ["rules", index], action));
  return [...validateTarget(spec), ...found.filter((problem) => problem !== false), ...rules];
}

function validateRule(rule: Rule, path: Path, action: string): Problem[] {
  const sources = (rule.from ?? []).flatMap(({ source }, index) =>
    validateSource(source ?? {}, [...path, "from", index, "source"], action),
  );
  const operations = (rule.to ?? []).flatMap(({ operation }, index) =>
    validateOperation(operation ?? {}, [...path, "to", index, "operation"]),
  );
  const conditions = (rule.when ?? []).flatMap((when, index) =>
    validateCondition(when, [...path, "when", index], action),
  );
  return [...sources, ...operations, ...conditions];
}

function validateSource(source: Lists, path: Path, action: string): Problem[] {
  const accounts = ["serviceAccounts", "notServiceAccounts"].flatMap((field) =>
    validateAccounts(source[field], [...path, field]),
  );
  const any = (fields: readonly string[]) => fields.some((field) => filled(source, field));
  const mixed =
    any(["serviceAccounts", "notServiceAccounts"]) &&
    any(["principals", "notPrincipals", "namespaces", "notNamespaces"]);
  return [
    ...validateLists(source, path),
    ...(mixed ? [{ path, message: "service accounts cannot go with principals or namespaces" }] : []),
    ...accounts,
    ...forbidden(source, path, action),
    ...each(source, path, ["trustDomains", "notTrustDomains"], domainProblem),
    ...each(source, path, ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"], addressProblem),
  ];
}

function validateOperation(operation: Lists, path: Path): Problem[] {
  return [
    ...validateLists(operation, path),
    ...each(operation, path, ["ports", "notPorts"], portProblem),
    ...each(operation, path, ["paths", "notPaths"], pathProblem),
  ];
}

interface When extends Lists {
  readonly values?: string[] | undefined;
}

function validateCondition(
  when: { key: string } & Partial<Record<string, unknown>>,
  path: Path,
  action: string,
): Problem[] {
  const { key } = when;
  const lists = { values: when["values"], notValues: when["notValues"] } as When;
  if (attributeOf(key, "") === null) {
    return [{ path: [...path, "key"], message: `${JSON.stringify(key)} is no key of a condition` }];
  }
  if (action === "CUSTOM" && NOT_FOR_CUSTOM.test(key)) {
    return [{ path: [...path, "key"], message: `a provider (CUSTOM) cannot be asked about ${key}` }];
  }
  const fields = ["values", "notValues"];
  const values = /^(source|remote|destination)\.ip$/.test(key)
    ? each(lists, path, fields, addressProblem)
    : key === "destination.port"
      ? each(lists, path, fields, portProblem)
      : key === "source.serviceAccount"
        ? fields.flatMap((field) => validateAccounts(lists[field], [...path, field]))
        : key === "source.trustDomain"
          ? each(lists, path, fields, asteriskProblem)
          : [];
  return [...validateLists(lists, path), ...values];
}

/** Something has to be asked for, and no text may be empty. */
function validateLists(lists: Lists, path: Path): Problem[] {
  const entries = Object.entries(lists);
  if (!entries.some(([field]) => filled(lists, field))) {
    return [{ path, message: "asks for nothing; leave it out to take all" }];
  }
  return entries.flatMap(([field, values]) =>
    (values ?? []).flatMap((value, index) =>
      value === "" ? [{ path: [...path, field, index], message: "an empty text" }] : [],
    ),
  );
}

function forbidden(source: Lists, path: Path, action: string): Problem[] {
  if (action !== "CUSTOM") return [];
  return Object.keys(source)
    .filter((field) => filled(source, field) && NOT_FOR_CUSTOM.test(field))
    .map((field) => ({
      path: [...path, field],
      message: `a provider (CUSTOM) cannot be asked about ${field}`,
    }));
}

function validateAccounts(accounts: readonly string[] = [], path: Path): Problem[] {
  const many = accounts.length > MOST_ACCOUNTS;
  return [
    ...(many ? [{ path, message: `more than ${MOST_ACCOUNTS} service accounts` }] : []),
    ...accounts.flatMap((account, index) => {
      const message = account.includes("*")
        ? "a service account cannot have an asterisk"
        : account.length > LONGEST_ACCOUNT
          ? `longer than ${LONGEST_ACCOUNT} octets`
          : /^[^/]+(\/[^/]+)?$/.test(account)
            ? null
            : "is neither ACCOUNT nor NAMESPACE/ACCOUNT";
      return message === null ? [] : [{ path: [...path, index], message }];
    }),
  ];
}

function each(
  lists: Lists,
  path: Path,
  fields: readonly string[],
  problemOf: (value: string) => string | null,
): Problem[] {
  return fields.flatMap((field) =>
    (lists[field] ?? []).flatMap((value, index) => {
      const message = value === "" ? null : problemOf(value);
      return message === null ? [] : [{ path: [...path, field, index], message }];
    }),
  );
}

function filled(lists: Lists, field: string): boolean {
  return (lists[field]?.length ?? 0) > 0;
}

function addressProblem(value: string): string | null {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const isRange = bits === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= most);
  if (family !== 0 && !address.includes("%") && rest.length === 0 && isRange) return null;
  return `${JSON.stringify(value)} is no address and no CIDR range`;
}

function portProblem(value: string): string | null {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65535) return null;
  return `${JSON.stringify(value)} is no port from 0 to 65535`;
}

function domainProblem(value: string): string | null {
  return value.includes("/") ? "a trust domain has no slash" : asteriskProblem(value);
}

function asteriskProblem(value: string): string | null {
  const isAtAnEnd = value === "*" || !/.\*.|^\*.*\*$/.test(value);
  return isAtAnEnd ? null : "an asterisk stands for a text at one end";
}

/** What Istio takes as a segment of a template besides `{*}` and `{**}`. */
const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/;

function pathProblem(value: string): string | null {
  if (/[{}]/.test(value.replaceAll("{**}", "").replaceAll("{*}", "")))
    return "a brace that is no {*} and no {**}";
  if (!isPathTemplate(value)) return null;
  const segments = value.split("/").slice(1);
  if (!value.startsWith("/")) return "a template begins with a slash";
  const deep = segments.indexOf("{**}");
  if (deep >= 0 && segments.slice(deep + 1).some((segment) => isPathTemplate(segment))) {
    return "{**} is the last of a template's wildcards";
  }
  const odd = segments.find((one) => one !== "{*}" && one !== "{**}" && !SEGMENT.test(one));
  return odd === undefined ? null : `${JSON.stringify(odd)} cannot be a segment of a template`;
}
