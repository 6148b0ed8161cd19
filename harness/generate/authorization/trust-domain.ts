/** A mesh's trust domain and the names that it had: all stand for the same workloads. */
export interface TrustDomains {
  readonly trustDomain: string;
  readonly aliases: readonly string[];
}

/** In a policy it stands for the mesh's own trust domain, whatever that is called. */
const LOCAL = "cluster.local";

/**
 * Writes a principal of one of the mesh's trust domains once for each of them, the present one first, as Istio does when a
 * mesh moves from one to another. What is of another trust domain, or of any, or no SPIFFE identity at all, stays as it is.
 */
export function withAliases(principals: readonly string[], { trustDomain, aliases }: TrustDomains): string[] {
  const all = [trustDomain, ...aliases];
  return principals.flatMap((principal) => {
    const parts = principal.split("/");
    const [domain = ""] = parts;
    if (parts.length !== 5 || domain === "*") return [principal];
    const isOurs = domain === LOCAL || all.some((name) => isMatch(name, domain));
    if (!isOurs) return [principal];
    const written = all.map((name) =>
      isEnd(name, domain) ? principal : [name, ...parts.slice(1)].join("/"),
    );
    return [...new Set(written)];
  });
}

/** The trust domains by all their names, for a field that asks for the domain alone. */
export function expandDomains(values: readonly string[], { trustDomain, aliases }: TrustDomains): string[] {
  const all = [trustDomain, ...aliases];
  return [...new Set(values.flatMap((value) => (all.includes(value) ? all : [value])))];
}

/** `td`, `*-td` and `td-*` as texts of Istio are compared. */
function isMatch(name: string, pattern: string): boolean {
  if (pattern.endsWith("*")) return name.startsWith(pattern.slice(0, -1));
  return name === pattern || isEnd(name, pattern);
}

function isEnd(name: string, pattern: string): boolean {
  return pattern.startsWith("*") && name.endsWith(pattern.slice(1));
}
