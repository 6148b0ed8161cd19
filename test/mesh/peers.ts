import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { Authority, type Identity } from "../rbac/mtls/certificates.js";

/** Of the mesh: its trust domain, and the one that it had before. */
export const TRUST_DOMAIN = "mesh.example";
export const OLD_DOMAIN = "old.example";

const uri = (domain: string, namespace: string, account: string): string =>
  `spiffe://${domain}/ns/${namespace}/sa/${account}`;

/** Those who have a certificate of the mesh's authority. */
const MEMBERS = {
  "shop/web": uri(TRUST_DOMAIN, "shop", "web"),
  "shop/cart.v2": uri(TRUST_DOMAIN, "shop", "cart.v2"),
  "bank/web": uri(TRUST_DOMAIN, "bank", "web"),
  "bank/api": uri(TRUST_DOMAIN, "bank", "api"),
  "old shop/web": uri(OLD_DOMAIN, "shop", "web"),
  "old bank/api": uri(OLD_DOMAIN, "bank", "api"),
  "of another mesh": uri("other.example", "shop", "web"),
} as const;

type Member = keyof typeof MEMBERS;
/** Who connects, and how. */
export type Peer = Member | "plain" | "without certificate" | "of another authority";
export const PEERS = [
  ...(Object.keys(MEMBERS) as Member[]),
  "plain",
  "without certificate",
  "of another authority",
] as const satisfies readonly Peer[];

/** How a connection is made. */
export interface Dial {
  readonly peer: Peer;
  /** The address of loopback that it comes from. */
  readonly from: string;
  /** The server's name in the handshake; empty for none. */
  readonly servername: string;
  /** What the client offers to speak within TLS. Istio's own clients offer `istio` and names that begin so. */
  readonly alpn: readonly string[];
}

/** The certificates of a mesh, and connections with them. */
export class Peers {
  /** The server's certificate, in files named as Istio names them. */
  readonly folder = mkdtempSync(join(tmpdir(), "tremula-peers-"));
  /** Without a certificate, too. */
  readonly #contexts = new Map<Peer, tls.SecureContext>([["without certificate", tls.createSecureContext()]]);

  constructor() {
    const authority = new Authority();
    const stranger = new Authority();
    const add = (peer: Peer, identity: Identity): void => {
      this.#contexts.set(peer, tls.createSecureContext(identity));
    };
    try {
      for (const [name, own] of Object.entries(MEMBERS))
        add(name as Member, authority.issue("/", [`URI:${own}`]));
      add("of another authority", stranger.issue("/", [`URI:${MEMBERS["shop/web"]}`]));
      const { cert, key } = authority.issue("/", [`URI:${uri(TRUST_DOMAIN, "shop", "server")}`]);
      const files = { "cert-chain.pem": cert, "key.pem": key, "root-cert.pem": authority.certificate };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    } finally {
      authority.close();
      stranger.close();
    }
  }

  connect(host: string, port: number, { peer, from, servername, alpn }: Dial): net.Socket {
    const plain = net.connect({ host, port, localAddress: from, noDelay: true });
    if (peer === "plain") return plain;
    // What happens to the connection below shows in the one above.
    plain.on("error", () => undefined);
    return tls.connect({
      socket: plain,
      secureContext: this.#contexts.get(peer),
      servername,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: false,
    });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a server says that speaks first. */
export const GREETING = "220 ready\n";

/** A server that says back what it hears, perhaps after a greeting. */
export class EchoServer {
  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  static async start(greeting = ""): Promise<EchoServer> {
    const server = net.createServer((socket) => {
      socket.write(greeting);
      socket.on("error", () => undefined).pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new EchoServer(server, (server.address() as AddressInfo).port);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    await closed;
  }
}

/** What becomes of a connection to an echo: `greeted` if all that came was the greeting that the client waited for. */
export type Fate = "passed" | "greeted" | "closed";

/** What is said to an echo. */
export interface Saying {
  readonly words?: Buffer;
  /** What is heard before the echo. */
  readonly greeting?: string;
  /** Whether the client says nothing until it has heard that. */
  readonly waits?: boolean;
}

/** Enough for the TLS inspector to see that it is none: it waits for the five octets of a record's header. */
const WORDS = Buffer.from("is there anybody\n");

/** The first octets of a client that speaks TLS, with the workload itself and not with a proxy of the mesh. */
export function clientHello(servername: string): Buffer {
  const sent: Buffer[] = [];
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  const client = tls.connect({ socket: wire, servername }).on("error", () => undefined);
  const hello = Buffer.concat(sent);
  client.destroy();
  return hello;
}

/** Says something and waits until it comes back, or something else does, or the connection is closed. */
export function say(socket: net.Socket, saying: Saying = {}): Promise<Fate> {
  const { words = WORDS, greeting = "", waits = false } = saying;
  const expected = Buffer.concat([Buffer.from(greeting), words]);
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    const isGreeted = () => waits && heard.length === greeting.length;
    const settle = (fate: Fate): void => {
      resolve(fate);
      socket.destroy();
    };
    socket.setTimeout(20_000, () => {
      reject(new Error("neither an answer nor an end in 20 seconds"));
      socket.destroy();
    });
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.equals(expected)) settle("passed");
      // Somebody else who speaks TLS: an alert, or a proxy that takes the hello for its own.
      else if (!heard.equals(expected.subarray(0, heard.length))) settle("closed");
      else if (isGreeted()) socket.write(words);
    });
    // A reset, or TLS that fails, is an end, too.
    const end = (): void => settle(isGreeted() ? "greeted" : "closed");
    socket.once("close", end).once("error", end);
    if (!waits) socket.write(words);
  });
}
