import { groupBy } from "../../report/group.js";
import {
  DestinationRule,
  type DestinationRuleSpec,
  type Path,
  type Resource,
  type TrafficPolicy,
} from "../../resources/index.js";
import type { Check } from "../check.js";
import type { TlsMode } from "../client-tls.js";
import { fullHost } from "../hosts.js";
import type { Mesh } from "../mesh.js";

export const conflictingRules: Check = {
  id: "MT004",
  title: "two DestinationRules say different things about TLS",
  severity: "error",
  why:
    "Istio merges the DestinationRules of one host in one namespace into one, and of their traffic policies takes the oldest " +
    "rule's. Which one that is depends on the order in which they were applied.",
  *run(mesh) {
    const rules = mesh.resources
      .of(DestinationRule)
      .filter(({ spec }) => spec.workloadSelector === undefined && spec.trafficPolicy !== undefined);
    const hosts = groupBy(
      rules,
      ({ namespace, spec }) => `${namespace}/${fullHost(spec.host ?? "", namespace)}`,
    );
    for (const [first, ...others] of hosts.values())
      for (const rule of others) {
        if (first === undefined) continue;
        const difference = tlsDifference(first.spec.trafficPolicy, rule.spec.trafficPolicy);
        if (difference === undefined) continue;
        yield {
          at: rule,
          path: ["spec", "trafficPolicy"],
          message: `${difference} than ${first.title} (${first.where}), which is for the same host`,
          fix: "put them into one DestinationRule",
        };
      }
  },
};

function tlsDifference(one: TrafficPolicy | undefined, other: TrafficPolicy | undefined): string | undefined {
  const mode = (policy: TrafficPolicy | undefined, port: number): TlsMode | undefined => {
    const own = policy?.portLevelSettings?.find(({ port: at }) => at?.number === port);
    return own === undefined ? policy?.tls?.mode : own.tls?.mode;
  };
  if (one?.tls?.mode !== other?.tls?.mode)
    return `tls.mode is ${other?.tls?.mode ?? "not set"}, other (${one?.tls?.mode ?? "not set"})`;
  const ports = [...(one?.portLevelSettings ?? []), ...(other?.portLevelSettings ?? [])].flatMap(
    ({ port }) => port?.number ?? [],
  );
  const port = ports.find((number) => mode(one, number) !== mode(other, number));
  if (port === undefined) return undefined;
  return `tls.mode of port ${port} is ${mode(other, port) ?? "not set"}, other (${mode(one, port) ?? "not set"})`;
}

function* unverified(
  mesh: Mesh,
): Generator<{ rule: Resource<DestinationRuleSpec>; path: Path; mode: TlsMode; perPort: boolean }> {
  for (const rule of mesh.resources.of(DestinationRule)) {
    const policy = rule.spec.trafficPolicy;
    const places = [
      { tls: policy?.tls, path: ["spec", "trafficPolicy", "tls"] as Path, perPort: false },
      ...(policy?.portLevelSettings ?? []).map(({ tls }, index) => ({
        tls,
        path: ["spec", "trafficPolicy", "portLevelSettings", index, "tls"],
        perPort: true,
      })),
    ];
    for (const { tls, path, perPort } of places) {
      if (tls?.mode !== "SIMPLE" && tls?.mode !== "MUTUAL") continue;
      const bySecret = (tls.credentialName ?? "") !== "" && rule.spec.workloadSelector !== undefined;
      if ((tls.caCertificates ?? "") === "" && !bySecret) yield { rule, path, mode: tls.mode, perPort };
    }
  }
}

function unverifiedCheck(id: string, istio: string, title: string, perPort: boolean): Check {
  return {
    id,
    istio,
    title,
    severity: "warning",
    why: "Without the authority's certificates, whoever answers is believed to be the server.",
    *run(mesh) {
      for (const found of unverified(mesh))
        if (found.perPort === perPort)
          yield {
            at: found.rule,
            path: found.path,
            message: `tls.mode is ${found.mode} without caCertificates: the server's certificate is not verified`,
            fix: "set caCertificates (and subjectAltNames), or credentialName together with a workloadSelector",
          };
    },
  };
}

export const unverifiedServer = unverifiedCheck(
  "MT006",
  "IST0128",
  "the server's certificate is not verified",
  false,
);
export const unverifiedPort = unverifiedCheck(
  "MT007",
  "IST0129",
  "the server's certificate is not verified at a port",
  true,
);
