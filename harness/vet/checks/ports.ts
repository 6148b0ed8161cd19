import { isHttp, protocolOfName } from "../../protocol/declarations-convert.js";
import { ServiceEntry, type Resource, type ServiceSpec } from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { addField } from "../edit.js";
import type { Mesh, MeshPort } from "../mesh.js";
import { serverFirst, shortHello } from "../server-first.js";

const path = ({ index }: MeshPort) => ["spec", "ports", index];

function label({ port: { name, port } }: MeshPort): string {
  return name === undefined ? `port ${port}` : `port ${port} (${name})`;
}

/** Ports whose protocol Istio has to guess, of Services that people write. */
function* sniffed(mesh: Mesh): Generator<MeshPort> {
  for (const port of mesh.ports) {
    const { service, converted } = port;
    if (converted.protocol !== "Unsupported" || service.spec.type === "ExternalName") continue;
    if (isOfIstio(service)) continue;
    yield port;
  }
}

/** Istio's own Services, and those that it makes for Gateways: nobody can change them. */
function isOfIstio({ metadata: { labels } }: Resource<ServiceSpec>): boolean {
  return (
    labels["istio"] !== undefined ||
    labels["release"] === "istio" ||
    ["istio.io-gateway-controller", "istio.io-mesh-controller", "istio.io-eastwest-controller"].includes(
      labels["gateway.istio.io/managed"] ?? "",
    )
  );
}

/** What the names around a port say about it: those of the port behind its first word, and of the target port. */
function hinted({ port }: MeshPort): string | undefined {
  // With an appProtocol, whoever wrote it meant something that we do not know.
  if (port.appProtocol !== undefined) return undefined;
  const target = typeof port.targetPort === "string" ? port.targetPort : "";
  const named = protocolOfName(target) === undefined ? undefined : target.split("-", 1)[0];
  const words = (port.name ?? "").toLowerCase().split("-").slice(1);
  const found = new Set(
    [...words, named?.toLowerCase()].filter(
      (word) => word !== undefined && protocolOfName(word) !== undefined,
    ),
  );
  found.delete("udp");
  return found.size === 1 ? [...found][0] : undefined;
}

export const undeclared: Check = {
  id: "PD001",
  title: "the port's protocol is not declared",
  severity: "info",
  why:
    "Istio sniffs such a port: what begins like a request of HTTP/1.1 or HTTP/2 is HTTP, everything else is passed as TCP, " +
    "without the policies for HTTP, and a client that waits for the server to speak waits for ever.",
  istio: "IST0118",
  *run(mesh) {
    for (const port of sniffed(mesh)) {
      const hint = hinted(port);
      const edit = hint === undefined ? undefined : addField(port.service, path(port), "appProtocol", hint);
      const told = port.port.appProtocol;
      yield {
        at: port.service,
        path: path(port),
        message:
          told === undefined
            ? `${label(port)} has neither appProtocol nor a name that begins with a protocol`
            : `${label(port)} has the appProtocol ${JSON.stringify(told)}, which Istio does not know`,
        fix:
          hint === undefined
            ? "add appProtocol: http, grpc, tcp or what it speaks, or begin its name with it"
            : `add appProtocol: ${hint}, as its name says`,
        ...(edit && { edit }),
      };
    }
  },
};

export const serverFirstPort: Check = {
  id: "PD002",
  title: "a protocol whose server speaks first is sniffed",
  severity: "error",
  why:
    "Detection waits for the client's first bytes and has no timeout (protocolDetectionTimeout is 0s), while the client " +
    "waits for the server's greeting: every connection hangs.",
  *run(mesh) {
    for (const port of sniffed(mesh)) {
      const found = serverFirst(port, mesh.behind(port.service));
      if (found === undefined) continue;
      // Opaque TCP is right whatever it is exactly; of an appProtocol that is there, only its owner can say what it means.
      const edit =
        port.port.appProtocol === undefined
          ? addField(port.service, path(port), "appProtocol", "tcp")
          : undefined;
      yield {
        at: port.service,
        path: path(port),
        message: `${label(port)} is ${found.protocol} by ${found.by}, and will hang: it is sniffed, and the detection timeout is 0s`,
        fix: "declare it: appProtocol: tcp",
        ...(edit && { edit }),
      };
    }
  },
};

export const disagreeing: Check = {
  id: "PD003",
  title: "appProtocol and name disagree",
  severity: "warning",
  why: "Istio takes appProtocol and never looks at the name, while people, and other tools, read the name.",
  *run(mesh) {
    for (const port of mesh.ports) {
      const { name, appProtocol, protocol } = port.port;
      const named = name === undefined ? undefined : protocolOfName(name);
      if (named === undefined || appProtocol === undefined || protocol === "UDP") continue;
      const taken = port.converted.protocol;
      if (taken === named) continue;
      yield {
        at: port.service,
        path: [...path(port), "appProtocol"],
        message:
          taken === "Unsupported"
            ? `${label(port)} is ${named} by its name, but its appProtocol ${JSON.stringify(appProtocol)} beats the name, and Istio does not know it: the port is sniffed`
            : `${label(port)} is ${named} by its name and ${taken} by its appProtocol, which Istio takes`,
        fix: "make them agree, or leave one out",
      };
    }
  },
};

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
      path: path(port),
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
  const byNumber = new Map<number, Wildcard[]>();
  for (const wildcard of wildcards(mesh))
    byNumber.set(wildcard.number, [...(byNumber.get(wildcard.number) ?? []), wildcard]);
  for (const same of byNumber.values())
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
        path: path(port),
        message: `${label(port)} is declared ${port.converted.protocol}, so the listener 0.0.0.0_${port.port.port} takes every connection to a port ${port.port.port} outside the mesh for HTTP, ${quiet.protocol} too`,
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

export const timeout: Check = {
  id: "PD006",
  title: "protocol detection has a timeout",
  severity: "warning",
  why:
    "When it runs out, a connection is TCP, whatever it speaks: under load, or for a client that waits on purpose, requests " +
    "pass without the policies for HTTP (istio/istio#26103).",
  *run(mesh) {
    const { values, at, path: base } = mesh.config;
    const set = values["protocolDetectionTimeout"];
    if (
      at === undefined ||
      typeof set !== "string" ||
      /^[-+]?(?:0+(?:\.0*)?(?:ns|us|µs|ms|s|m|h)?)+$/.test(set)
    )
      return;
    yield {
      at,
      path: [...base, "protocolDetectionTimeout"],
      message: `protocolDetectionTimeout is ${set}`,
      fix: "set it to 0s, and declare the ports whose servers speak first (PD002)",
    };
  },
};

export const shortHelloPort: Check = {
  id: "PD010",
  title: "a protocol with too short a greeting is sniffed",
  severity: "warning",
  why:
    "Envoy's inspectors wait for five bytes, and for the end of a line while it could still be HTTP. The first message of " +
    "LDAP, SOCKS and ZooKeeper's commands is neither long enough nor has an end of line, and is answered by nobody.",
  *run(mesh) {
    for (const port of sniffed(mesh)) {
      const found = shortHello(port, mesh.behind(port.service));
      if (found === undefined) continue;
      const edit =
        port.port.appProtocol === undefined
          ? addField(port.service, path(port), "appProtocol", "tcp")
          : undefined;
      yield {
        at: port.service,
        path: path(port),
        message: `${label(port)} is ${found.protocol} by ${found.by}, and can hang: it is sniffed`,
        fix: "declare it: appProtocol: tcp",
        ...(edit && { edit }),
      };
    }
  },
};

export const externalName: Check = {
  id: "PD011",
  title: "a port of an ExternalName Service is undeclared, or called tcp",
  severity: "warning",
  why: "An ExternalName Service has no address of its own; for TCP Istio would have to take every connection to that port.",
  istio: "IST0150",
  *run(mesh) {
    for (const port of mesh.ports) {
      const { service, converted } = port;
      if (service.spec.type !== "ExternalName" || isOfIstio(service)) continue;
      if (converted.protocol !== "Unsupported" && port.port.name !== "tcp") continue;
      yield {
        at: service,
        path: path(port),
        message: `${label(port)} of an ExternalName Service ${port.port.name === "tcp" ? 'is called "tcp"' : "has no protocol"}`,
        fix: "declare http, https or tls, or describe the host by a ServiceEntry",
      };
    }
  },
};
