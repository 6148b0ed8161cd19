import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { RunningEnvoy } from "../../harness/envoy/index.js";
import { Issuer } from "../generate/issuer.js";
import { hasOpenssl } from "../rbac/mtls/certificates.js";
import { type Answer, askOver, Backend } from "./backend.js";
import { differingContacts, differingPolicies } from "./differing.js";
import { eachContacts, eachPolicies } from "./each-condition.js";
import { IstioServer } from "./istio-server.js";
import { type Proxy, startSidecar, stockEnvoyResources } from "./mesh-envoy.js";
import {
  clientHello,
  EchoServer,
  type Fate,
  GREETING,
  OLD_DOMAIN,
  PEERS,
  Peers,
  say,
  TRUST_DOMAIN,
} from "./peers.js";
import { NAMESPACE } from "./scenarios.js";
import {
  loadedResources,
  MODES,
  ownAddress,
  type SidecarPort,
  sidecarResources,
  startOwnSidecars,
} from "./sidecar.js";
import {
  type Contact,
  drawContacts,
  drawSidecarPolicies,
  MESH_WIDE,
  type Ports,
} from "./sidecar-scenarios.js";
import { meshToolsMissing } from "./tools.js";

const missing =
  meshToolsMissing("istio-discovery") ?? (hasOpenssl() ? null : "no openssl to make certificates with");
/** How many workloads with policies by chance, and how many connections each gets. More of them: docs/testing.md. */
const DRAWN = Number(process.env.TREMULA_MESH_SIDECARS ?? 6);
const CONTACTS = Number(process.env.TREMULA_MESH_CONNECTIONS ?? 150);
/** How many of them are there at the same time. */
const AT_A_TIME = 8;

/** What came of a contact: an answer, or for what is no HTTP, whether it went through; null for an end without an answer. */
type Outcome = Answer | Fate | null;

/** A workload by its name, and what is asked of it. */
interface Case {
  readonly policies: (app: string) => string;
  readonly contacts: readonly Contact[];
}

/** What has come of a contact with Istio's sidecar, with ours in each mode, and perhaps with ours in Istio's. */
interface Met {
  readonly contact: Contact;
  readonly native: Outcome;
  readonly tremula: readonly Outcome[];
}

const EACH = "each-condition";
const DIFFERING = "differing";
/** Also Istio's sidecars with our filters in them are compared, of these. */
const LOADED = [EACH, "sidecar-1", "sidecar-2"];
const DRAWN_NAMES = Array.from({ length: DRAWN }, (_, index) => `sidecar-${index + 1}`);

describe.skipIf(missing !== null)(`Istio's sidecars${missing === null ? "" : ` (${missing})`}`, () => {
  const cases = new Map<string, Case>();
  const seen: Met[] = [];
  let backend: Backend;
  let echoes: EchoServer[] = [];
  let ports: Ports;
  let peers: Peers;
  let istio: IstioServer;
  const sidecars: RunningEnvoy[] = [];
  let ours: RunningEnvoy;

  beforeAll(async () => {
    backend = await Backend.start();
    echoes = await Promise.all([EchoServer.start(), EchoServer.start(GREETING)]);
    peers = new Peers();
    ports = { http: backend.port, tcp: [echoes[0]!.port, echoes[1]!.port] };
    const served: SidecarPort[] = [
      { port: ports.http, protocol: "HTTP" },
      ...ports.tcp.map((port) => ({ port, protocol: "TCP" }) as const),
    ];
    await makeCases();
    const workloads = [...cases.keys()].map(workloadOf);
    const loaded = LOADED.map(loadedOf);
    const resources = [MESH_WIDE, ...[...cases].map(([name, { policies }]) => policies(name))];
    ours = await startOwnSidecars(workloads, resources, served, peers.folder);
    const proxies = [...workloads, ...loaded];
    const mesh = [...stockEnvoyResources(), ...proxies.flatMap((one) => sidecarResources(one, served))];
    const filters = loaded.flatMap((one, index) =>
      loadedResources(one, cases.get(LOADED[index]!)!.policies(one.name), MESH_WIDE, served),
    );
    const documents = [...mesh.map((one) => stringify(one)), ...resources, ...filters];
    istio = await IstioServer.controlPlane(documents.join("---\n"), {
      trustDomain: TRUST_DOMAIN,
      trustDomainAliases: [OLD_DOMAIN],
      certificates: peers.folder,
    });
    const { address, secretsSocket } = istio;
    const start = async (one: Proxy) => {
      sidecars.push(await startSidecar(address, { ...one, secretsSocket }));
    };
    await Promise.all(proxies.map(start));
  }, 300_000);

  afterAll(async () => {
    await Promise.all([...sidecars, ours].map((envoy) => envoy?.stop()));
    await istio?.stop();
    await Promise.all([backend, ...echoes].map((server) => server?.stop()));
    peers?.close();
  });

  async function makeCases(): Promise<void> {
    const issuer = await Issuer.make("https://a.example");
    const { authorization } = await issuer.bearer();
    for (const [index, name] of DRAWN_NAMES.entries())
      cases.set(name, {
        policies: (app) => drawSidecarPolicies(index + 1, app, ports, issuer),
        contacts: drawContacts(index + 1, CONTACTS, ports, authorization),
      });
    cases.set(EACH, { policies: (app) => eachPolicies(app, ports), contacts: eachContacts(ports) });
    cases.set(DIFFERING, { policies: differingPolicies, contacts: differingContacts(ports) });
  }

  function workloadOf(name: string): Proxy {
    const ip = `127.1.0.${[...cases.keys()].indexOf(name) + 1}`;
    return { name, namespace: NAMESPACE, labels: { app: name }, ip };
  }

  /** The same with our filters. */
  function loadedOf(name: string): Proxy {
    const app = `${name}-loaded`;
    return {
      ...workloadOf(name),
      name: app,
      labels: { app },
      ip: workloadOf(name).ip.replace("127.1.", "127.4."),
    };
  }

  /** Makes each contact with all of them, and gives what has come of it. */
  async function contactAll(name: string): Promise<Met[]> {
    const workload = workloadOf(name);
    const loaded = LOADED.includes(name) ? [loadedOf(name).ip] : [];
    const hosts = [workload.ip, ...MODES.map((mode) => ownAddress(workload, mode)), ...loaded];
    const { contacts } = cases.get(name)!;
    const found: Met[] = [];
    for (let from = 0; from < contacts.length; from += AT_A_TIME) {
      const some = contacts.slice(from, from + AT_A_TIME).map(async (contact) => {
        const [native, ...tremula] = await Promise.all(hosts.map((host) => meet(host, contact)));
        return { contact, native: native!, tremula };
      });
      found.push(...(await Promise.all(some)));
    }
    return found;
  }

  function meet(host: string, { port, dial, speech }: Contact): Promise<Outcome> {
    const socket = peers.connect(host, port, dial);
    const greeting = port === ports.tcp[1] ? GREETING : "";
    if (speech === "TLS of its own") return say(socket, { words: clientHello(dial.servername), greeting });
    // In front of plain text a proxy that looks for TLS waits for the client, too.
    if (speech === "words") return say(socket, { greeting, waits: greeting !== "" && dial.peer !== "plain" });
    return askOver(socket, speech);
  }

  it.each([EACH, ...DRAWN_NAMES])("and what is generated for %s decide alike", async (name) => {
    const met = await contactAll(name);
    seen.push(...met);
    const differing = met.filter(({ native, tremula }) => tremula.some((one) => !isSame(native, one)));
    expect(differing.map(lineOf)).toEqual([]);
    expect(met.length).toBeGreaterThanOrEqual(CONTACTS);
  });

  it("let in and keep out, of HTTP and of other connections, members and others", () => {
    const outcomes = new Map<string, number>();
    for (const { contact, native } of seen) {
      const kind = typeof contact.speech === "string" ? contact.speech : "HTTP";
      const key = `${kind}: ${typeof native === "object" ? (native?.status ?? "closed") : native}`;
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    }
    for (const what of [
      "HTTP: 200",
      "HTTP: 403",
      "HTTP: closed",
      "words: passed",
      "words: greeted",
      "words: closed",
    ])
      expect(outcomes.get(what), what).toBeGreaterThan(20);
    expect(outcomes.get("TLS of its own: passed")).toBeGreaterThan(3);
    // Who it is makes a difference, not only whether there is a certificate.
    const passes = (peer: string) => (met: Met) => met.contact.dial.peer === peer && isIn(met.native);
    const counts = PEERS.map((peer) => [peer, seen.filter(passes(peer)).length] as const);
    expect(Object.fromEntries(counts)).toMatchObject({ "of another mesh": 0, "of another authority": 0 });
    expect(new Set(counts.map(([, count]) => count)).size).toBeGreaterThan(4);
  });

  it("and what is generated differ where it means to", async () => {
    const met = await contactAll(DIFFERING);
    const statuses = met.map(({ native, tremula }) => [native, ...tremula].map(statusOf));
    expect(statuses).toEqual([
      // Istio's sidecars believe x-forwarded-for; in front of ours is nobody who writes it.
      [200, 403, 403],
      // Who has a certificate of the mesh is in it, whether or not an Istio proxy is what they speak through.
      [null, 200, 200],
    ]);
  });
});

function isIn(outcome: Outcome): boolean {
  return outcome === "passed" || statusOf(outcome) === 200;
}

function statusOf(outcome: Outcome): number | null {
  return typeof outcome === "object" && outcome !== null ? outcome.status : null;
}

function isSame(one: Outcome, other: Outcome): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function lineOf({ contact: { port, dial, speech }, native, tremula }: Met): string {
  const [asked, theirs, own] = [{ port, ...dial, speech }, native, tremula].map((one) => JSON.stringify(one));
  return `${asked}: ${theirs}, and ours ${own}`;
}
