import type { Path, Resource, ServiceRoleBindingSpec } from "../resources/index.js";
import type { Notes } from "./note.js";

type Subject = NonNullable<ServiceRoleBindingSpec["subjects"]>[number];

/** Who may, and under which conditions: what a subject of a ServiceRoleBinding is today. */
export interface Who {
  readonly source: Readonly<Record<string, readonly string[]>>;
  readonly when: readonly Condition[];
}

export interface Condition {
  readonly key: string;
  readonly values: readonly string[];
}

/** The properties that are fields of a source today. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ["source.ip", "ipBlocks"],
  ["source.namespace", "namespaces"],
  ["request.auth.principal", "requestPrincipals"],
]);

/** The keys that `when` has today; everything else makes Istio refuse the policy. */
const KEYS =
  /^(?:request\.headers\[.+\]|source\.(?:ip|namespace|principal|serviceAccount|trustDomain)|remote\.ip|request\.auth\.(?:principal|audiences|presenter|claims\[.+\])|destination\.(?:ip|port)|connection\.sni|experimental\.envoy\.filters\..+)$/;

export function isKnownKey(key: string): boolean {
  return KEYS.test(key);
}

/**
 * Translates a subject. A value `*` asked for any value, so it does today; istioctl's converter left such conditions out,
 * which lets more requests pass.
 *
 * @returns undefined when today's policies cannot say it: then nobody is allowed by it, and the notes tell
 */
export function whoOf(
  binding: Resource<ServiceRoleBindingSpec>,
  subject: Subject,
  path: Path,
  dropWildcards: boolean,
  notes: Notes,
): Who | undefined {
  const { user, group, properties = {}, ...lists } = subject;
  if (isEmpty(subject)) {
    notes.add(
      "error",
      binding,
      "the subject says nothing, which Istio refused; as a rule it would be for everybody",
      path,
    );
    return undefined;
  }
  const source: Record<string, string[]> = {};
  const when: Condition[] = [];
  const any = (key: string, value: string): boolean => {
    if (value !== "*") return false;
    notes.add(
      dropWildcards ? "changed" : "info",
      binding,
      dropWildcards
        ? `${key}: "*" is left out: requests without any value pass now`
        : `${key}: "*" asks for any value; istioctl's converter left it out`,
      path,
    );
    return dropWildcards;
  };
  if (user !== undefined && user !== "" && user !== "*") source["principals"] = [user];
  if (group !== undefined && group !== "" && !any("group", group))
    when.push({ key: "request.auth.claims[group]", values: [group] });
  for (const [key, value] of Object.entries(properties)) {
    if (key === "source.principal") {
      // Both the user and the property had to be it.
      if (source["principals"] === undefined) source["principals"] = [value];
      else when.push({ key, values: [value] });
      continue;
    }
    if (key === "source.ip" && value === "*") {
      notes.add("error", binding, 'source.ip: "*" is no address today; its subject is left out', path);
      return undefined;
    }
    if (any(key, value)) continue;
    const field = FIELDS.get(key);
    if (field !== undefined) source[field] = [value];
    else if (isKnownKey(key)) when.push({ key, values: [value] });
    else {
      notes.add("error", binding, `the property ${key} is not known today; its subject is left out`, path);
      return undefined;
    }
  }
  if (!moreLists(lists, source)) {
    notes.add(
      "error",
      binding,
      `${Object.keys(lists).join(", ")}: groups have no equal today; the subject is left out`,
      path,
    );
    return undefined;
  }
  return { source, when };
}

/** Whether nothing of a subject asks for anything. */
function isEmpty({ user, group, properties = {}, ...lists }: Subject): boolean {
  return (
    !user &&
    !group &&
    [properties, ...Object.values(lists)].every((value) => Object.keys(value ?? {}).length === 0)
  );
}

/** The lists that the last versions had. Groups were never documented well enough to say what they are today. */
function moreLists(
  lists: Omit<Subject, "user" | "group" | "properties">,
  source: Record<string, string[]>,
): boolean {
  if (lists.groups !== undefined || lists.notGroups !== undefined) return false;
  const fields = {
    principals: lists.names?.filter((name) => name !== "*"),
    notPrincipals: lists.notNames,
    namespaces: lists.namespaces,
    notNamespaces: lists.notNamespaces,
    ipBlocks: lists.ips,
    notIpBlocks: lists.notIps,
  };
  for (const [field, values] of Object.entries(fields)) {
    if (values === undefined || values.length === 0) continue;
    // What was one value and a list had to be both.
    if (source[field] !== undefined) return false;
    source[field] = [...values];
  }
  return true;
}
