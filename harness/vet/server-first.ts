import { protocolOfName } from "../protocol/declarations-convert.js";
import { targetOf, type MeshPort } from "./mesh.js";
import { ownContainers, type Workload } from "./workload.js";

/** A protocol that sniffing cannot tell, and how it is recognized before a byte has been sent. */
interface Quiet {
  readonly protocol: string;
  readonly ports: readonly number[];
  /** In a port's name, between hyphens. */
  readonly names: readonly string[];
  /** The last part of an image's name. */
  readonly images: readonly string[];
}

/**
 * The server speaks first: a proxy that waits for the client's first bytes waits for ever, because Istio's detection has
 * no timeout.
 */
const SERVER_FIRST: readonly Quiet[] = [
  {
    protocol: "mysql",
    ports: [3306, 33060],
    names: ["mysql", "mysqlx", "mariadb", "galera", "percona"],
    images: ["mysql", "mariadb", "percona", "percona-server", "mysql-server", "mariadb-galera", "tidb"],
  },
  {
    protocol: "smtp",
    ports: [25, 587, 2525],
    names: ["smtp", "submission"],
    images: ["postfix", "exim", "mailhog"],
  },
  { protocol: "ftp", ports: [21], names: ["ftp"], images: ["vsftpd", "pure-ftpd", "proftpd"] },
  { protocol: "pop3", ports: [110], names: ["pop3"], images: [] },
  { protocol: "imap", ports: [143], names: ["imap"], images: ["dovecot"] },
  { protocol: "nats", ports: [4222], names: ["nats"], images: ["nats", "nats-server", "nats-streaming"] },
  { protocol: "vnc", ports: [5900, 5901], names: ["vnc"], images: [] },
  { protocol: "rsync", ports: [873], names: ["rsync", "rsyncd"], images: ["rsync"] },
  { protocol: "telnet", ports: [23], names: ["telnet"], images: [] },
];

/**
 * The client speaks first, but so little, or in such a way, that the inspectors of stock Envoy go on waiting: LDAP's bind
 * looks like the beginning of a word, a greeting of SOCKS has three bytes, ZooKeeper's commands four and no end of line.
 */
const SHORT_HELLO: readonly Quiet[] = [
  { protocol: "ldap", ports: [389], names: ["ldap"], images: ["openldap", "slapd"] },
  { protocol: "socks", ports: [1080], names: ["socks", "socks4", "socks5"], images: ["dante", "socks5"] },
  { protocol: "zookeeper", ports: [2181], names: ["zookeeper", "zk"], images: ["zookeeper"] },
];

/** A port of a protocol that speaks first at the server, and what tells. */
export interface Recognized {
  readonly protocol: string;
  readonly by: string;
}

export function serverFirst(port: MeshPort, behind: readonly Workload[]): Recognized | undefined {
  return recognize(SERVER_FIRST, port, behind);
}

export function shortHello(port: MeshPort, behind: readonly Workload[]): Recognized | undefined {
  return recognize(SHORT_HELLO, port, behind);
}

/** The server-first protocol that a port number usually stands for. */
export function serverFirstNumber(port: number): string | undefined {
  return SERVER_FIRST.find(({ ports }) => ports.includes(port))?.protocol;
}

function recognize(
  protocols: readonly Quiet[],
  { port, service }: MeshPort,
  behind: readonly Workload[],
): Recognized | undefined {
  const words = [
    port.name,
    port.appProtocol,
    typeof port.targetPort === "string" ? port.targetPort : undefined,
  ].flatMap((name) => name?.toLowerCase().split(/[-./]/) ?? []);
  const named = words.some((word) => protocolOfName(word) !== undefined);
  for (const { protocol, ports, names } of protocols) {
    const word = words.find((part) => names.includes(part));
    if (word !== undefined) return { protocol, by: `the name ${JSON.stringify(word)}` };
    const numeric = typeof port.targetPort === "number" ? [port.targetPort] : [];
    const numbers = [port.port, ...numeric, ...behind.flatMap((workload) => targetOf(port, workload) ?? [])];
    // A number is a habit; what the owner has called the port counts for more.
    const number = named ? undefined : numbers.find((candidate) => ports.includes(candidate));
    if (number !== undefined) return { protocol, by: `the port ${number}` };
  }
  // An image says what a Service's only port is, unless its name says something of its own.
  const only = (service.spec.ports ?? []).length === 1 && !named;
  return only ? byImage(protocols, port.targetPort ?? port.port, behind) : undefined;
}

/** By the image, where the pod has nothing else that the port could belong to: exporters stand beside databases. */
function byImage(
  protocols: readonly Quiet[],
  target: number | string,
  behind: readonly Workload[],
): Recognized | undefined {
  for (const workload of behind) {
    const [only, ...others] = ownContainers(workload).filter(
      ({ ports = [] }) =>
        ports.length === 0 ||
        ports.some(({ name, containerPort }) => containerPort === target || name === target),
    );
    if (only === undefined || others.length > 0 || (only.ports ?? []).length > 1) continue;
    const image = imageName(only.image ?? "");
    const found = protocols.find(({ images }) => images.includes(image));
    if (found !== undefined) return { protocol: found.protocol, by: `the image ${only.image}` };
  }
  return undefined;
}

/** `registry:5000/library/mysql:8@sha256:…` as `mysql` */
function imageName(image: string): string {
  return (
    (image.split("@", 1)[0] ?? "")
      .replace(/:[^:/]*$/, "")
      .split("/")
      .at(-1) ?? ""
  );
}
