import { protocolOfName } from "../../protocol/declarations-convert.js";
import type { Resource, ServiceSpec } from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { addField } from "../edit.js";
import type { Mesh, MeshPort } from "../mesh.js";
import { portPath, portText } from "../port-text.js";
import { serverFirst, shortHello } from "../server-first.js";

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
      const edit =
        hint === undefined ? undefined : addField(port.service, portPath(port), "appProtocol", hint);
      const told = port.port.appProtocol;
      yield {
        at: port.service,
        path: portPath(port),
        message:
          told === undefined
            ? `${portText(port)} has neither appProtocol nor a name that begins with a protocol`
            : `${portText(port)} has the appProtocol ${JSON.stringify(told)}, which Istio does not know`,
        fix:
          hint === undefined
            ? "add appProtocol: http, grpc, tcp or what it speaks, or begin its name with it"
            : `add appProtocol: ${hint}, as its name says`,
        ...(edit && { edit }),
      };
    }
  },
};

/**
 * That a port is to be declared TCP, which is right whatever it is exactly. Of an appProtocol that is there, only its owner
 * can say what it means.
 */
function opaque(port: MeshPort, message: string): Complaint {
  const edit =
    port.port.appProtocol === undefined
      ? addField(port.service, portPath(port), "appProtocol", "tcp")
      : undefined;
  return {
    at: port.service,
    path: portPath(port),
    message,
    fix: "declare it: appProtocol: tcp",
    ...(edit && { edit }),
  };
}

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
      yield opaque(
        port,
        `${portText(port)} is ${found.protocol} by ${found.by}, and will hang: it is sniffed, and the detection timeout is 0s`,
      );
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
        path: [...portPath(port), "appProtocol"],
        message:
          taken === "Unsupported"
            ? `${portText(port)} is ${named} by its name, but its appProtocol ${JSON.stringify(appProtocol)} beats the name, and Istio does not know it: the port is sniffed`
            : `${portText(port)} is ${named} by its name and ${taken} by its appProtocol, which Istio takes`,
        fix: "make them agree, or leave one out",
      };
    }
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
      yield opaque(
        port,
        `${portText(port)} is ${found.protocol} by ${found.by}, and can hang: it is sniffed`,
      );
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
        path: portPath(port),
        message: `${portText(port)} of an ExternalName Service ${port.port.name === "tcp" ? 'is called "tcp"' : "has no protocol"}`,
        fix: "declare http, https or tls, or describe the host by a ServiceEntry",
      };
    }
  },
};
