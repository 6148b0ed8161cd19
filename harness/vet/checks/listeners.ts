import { isHttp, protocolOfName } from "../../protocol/declarations-convert.js";
import { groupBy } from "../../report/group.js";
import { ServiceEntry, type Resource } from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import type { Mesh } from "../mesh.js";
import { portPath, portText } from "../port-text.js";
import { serverFirst } from "../server-first.js";

/** A listener of an outbound proxy at every address: HTTP ports, and TCP ports of names without an address. */
interface Wildcard extends Pick<Complaint, "path"> {
  readonly at: Resource;
  readonly number: number;
  readonly protocol: string;
  readonly http: boolean;
}

function wildcards(mesh: Mesh): Wildcard[] {
  const services = mesh.ports
    .filter(({ converted }) => isHttp(converted.protocol))
    .map((port) => ({
      at: port.service,
      path: portPath(port),
      number: port.port.port,
      protocol: port.converted.protocol,
      http: true,
    }));
  const entries = mesh.resources.of(ServiceEntry).flatMap((at) =>
    (at.spec.ports ?? []).flatMap(({ number, protocol = "", name = "" }, index): Wildcard[] => {
      if (number === undefined) return [];
      const parsed = protocolOfName(protocol) ?? protocolOfName(name) ?? "Unsupported";
      if (parsed === "UDP" || ((at.spec.addresses ?? []).length > 0 && !isHttp(parsed))) return [];
      return [{ at, path: ["spec", "ports", index], number, protocol: parsed, http: isHttp(parsed) }];
    }),
  );
  return [...services, ...entries];
}

/** The pairs of ports that want one listener and differ; each names the first that it collides with. */
function* collisions(mesh: Mesh): Generator<[Wildcard, Wildcard]> {
  for (const same of groupBy(wildcards(mesh), ({ number }) => number).values())
    for (const one of same) {
      if (one.http) continue;
      const other = same.find(
        ({ protocol, http }) => protocol !== one.protocol && (http || isStrict(one.protocol)),
      );
      if (other !== undefined) yield [one, other];
    }
}

/** Istio refuses to merge these with anything else. */
function isStrict(protocol: string): boolean {
  return protocol === "Mongo" || protocol === "MySQL";
}

export const collision: Check = {
  id: "PD004",
  title: "one port number, several protocols",
  severity: "warning",
  why:
    "HTTP ports of the whole mesh share the listener 0.0.0.0 of their number, and so does a ServiceEntry without " +
    "addresses. Where both want the same number, Istio makes the listener sniff, for all of them.",
  *run(mesh) {
    for (const [one, other] of collisions(mesh)) {
      if (isStrict(one.protocol)) continue;
      yield {
        at: one.at,
        ...(one.path && { path: one.path }),
        message: `port ${one.number} is ${one.protocol === "Unsupported" ? "sniffed" : one.protocol} here and ${other.protocol} for ${other.at.title} (${other.at.where}); both get the listener 0.0.0.0_${one.number}`,
        fix: "give the ServiceEntry addresses, or another port",
      };
    }
    for (const port of mesh.ports) {
      const quiet = isHttp(port.converted.protocol)
        ? serverFirst({ ...port, port: { port: port.port.port } }, [])
        : undefined;
      if (quiet === undefined) continue;
      yield {
        at: port.service,
        path: portPath(port),
        message: `${portText(port)} is declared ${port.converted.protocol}, so the listener 0.0.0.0_${port.port.port} takes every connection to a port ${port.port.port} outside the mesh for HTTP, ${quiet.protocol} too`,
        fix: "use another port, or declare what it really speaks",
      };
    }
  },
};

export const strictCollision: Check = {
  id: "PD005",
  title: "Mongo or MySQL shares its port with another protocol",
  severity: "error",
  why: "Istio does not merge listeners of Mongo and MySQL with others: the newer of the two is dropped, with a line in istiod's log.",
  *run(mesh) {
    for (const [one, other] of collisions(mesh)) {
      if (!isStrict(one.protocol)) continue;
      yield {
        at: one.at,
        ...(one.path && { path: one.path }),
        message: `port ${one.number} is ${one.protocol} here and ${other.protocol} for ${other.at.title} (${other.at.where}); the newer gets no listener`,
        fix: "give the ServiceEntry addresses, or another port",
      };
    }
  },
};
