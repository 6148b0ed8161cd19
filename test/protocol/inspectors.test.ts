// What the runner of cases says about connections: a table of inputs is worth as much as what it finds.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, loadCases } from "../../harness/conformance/cases.js";
import { clientHello } from "../../harness/conformance/client-hello.js";
import { ClientHello } from "../../harness/conformance/connection-schema.js";
import { openingsOf } from "../../harness/conformance/connections.js";
import { EnvoySubject } from "../../harness/conformance/envoy-subject.js";
import { NodeSubject } from "../../harness/conformance/node-subject.js";
import { segments } from "../../harness/conformance/octets.js";
import { compileFilters } from "../../harness/conformance/run.js";
import { locateEnvoy } from "../../harness/envoy/index.js";
import { certificateFor } from "../telemetry/certificates.js";

const root = new URL("../..", import.meta.url).pathname;
const HTTP = "GET /${connection} HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n";

const HEAD = `
filter: protocol-detection
labels: { protocol: wasm.protocol_detection.protocol }
configuration: { detection: { on_unknown: pass }, actions: { http: { cluster: "\${cluster:http}" }, redis: { close: true }, "*": { cluster: tcp } } }
nativeListener:
  inspectors: [http]
  chains:
    - { name: http/1.1, match: { application_protocols: [http/1.1] }, cluster: "\${cluster:http}" }
    - { name: other, cluster: tcp }
cases:
`;

/** Each expectation is wrong, and what is to be said about it. */
const WRONG: readonly [says: string, sent: string, expectation: string][] = [
  ['cluster: expected "http", got "tcp"', "SSH-2.0-x\\r\\n", "cluster: http, received: ''"],
  ['cluster: expected "tcp", got "http"', HTTP, "cluster: tcp, received: ''"],
  ['cluster: expected null, got "tcp"', "SSH-2.0-x\\r\\n", "cluster: null, closed: false"],
  [
    'label protocol: expected "smtp", got "ssh"',
    "SSH-2.0-x\\r\\n",
    "cluster: tcp, labels: { protocol: smtp }",
  ],
  ['label protocol: expected null, got "ssh"', "SSH-2.0-x\\r\\n", "cluster: tcp, labels: { protocol: null }"],
  ['received: expected "x", got "SSH-2.0-x', "SSH-2.0-x\\r\\n", "cluster: tcp, received: x"],
  ["received: expected what matches ^y, got", "SSH-2.0-x\\r\\n", "cluster: tcp, closed: false, matches: ^y"],
  ["closed: expected null, got", "*1\\r\\n$4\\r\\nPING\\r\\n", "closed: false"],
  ["received while nothing is decided", "SSH-2.0-x\\r\\n", "undecided: true"],
  ["ended while nothing is decided", "*1\\r\\n$4\\r\\nPING\\r\\n", "undecided: true"],
  ['upstream: expected null, got "tcp"', "SSH-2.0-${connection}\\r\\n", "cluster: tcp, upstream: null"],
  ["upstream: nothing to look for", "SSH-2.0-x\\r\\n", "cluster: tcp, upstream: tcp"],
];
const ONLY_IN_ENVOY: typeof WRONG = [
  ["it was not closed", "SSH-2.0-x\\r\\n", "cluster: tcp, closed: true"],
  ['upstream: expected null, got "http"', HTTP, "cluster: http, matches: ' 200 ', upstream: null"],
  ["received: expected what matches ^HTTP/1.1 404", HTTP, "cluster: http, matches: ^HTTP/1.1 404"],
];
const NATIVE: typeof WRONG = [
  ['chain: expected "other", got "http/1.1"', HTTP, "cluster: http, chain: other"],
  ['cluster: expected "http", got "tcp"', "SSH-2.0-x\\r\\n", "cluster: http"],
];

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "tremula-cases-"))));
afterAll(() => rm(folder, { recursive: true }));

async function load(cases: string): Promise<Case[]> {
  await writeFile(join(folder, "x.cases.yaml"), HEAD + cases);
  return loadCases(folder);
}

const row = ([says, sent, expectation]: (typeof WRONG)[number], i: number): string =>
  `  - { case: ${JSON.stringify(`${i}: ${says}`)}, connections: [{ name: it, send: "${sent}", expect: { ${expectation} } }] }`;

describe("a wrong expectation is found", () => {
  it("in process", async () => {
    const cases = await load(WRONG.map(row).join("\n"));
    const subject = await NodeSubject.start(await compileFilters(cases, root));
    for (const [i, [says]] of WRONG.entries()) {
      const { outcome, detail } = await subject.run(cases[i]!);
      expect(`${outcome} ${detail}`).toContain(`fail it: ${says}`);
    }
  });

  it.each([
    ["tremula", [...WRONG, ...ONLY_IN_ENVOY]],
    ["native", NATIVE],
  ] as const)("%s in Envoy", { timeout: 120_000 }, async (name, wrong) => {
    const cases = await load(wrong.map(row).join("\n"));
    const wasmFiles = await compileFilters(cases, root);
    const subject = await EnvoySubject.start({
      name,
      host: "envoy",
      envoy: await locateEnvoy({}),
      cases,
      wasmFiles,
      patienceMs: 300,
    });
    try {
      for (const [i, [says]] of wrong.entries()) {
        const { outcome, detail } = await subject.run(cases[i]!);
        expect(`${outcome} ${detail}`).toContain(`fail it: ${says}`);
      }
    } finally {
      await subject.close();
    }
  });
});

describe("a file", () => {
  const ONE = "case: one, connections: [{ name: it, send: x, expect: {} }]";

  it.each([
    ["either requests or refused", `  - { ${ONE}, refused: no }`],
    ["says why", "  - { case: one, connections: [{ name: it, send: x, expect: {}, native: {} }] }"],
    ["name: Invalid input", "  - { case: one, connections: [{ send: x, expect: {} }] }"],
    ["Unrecognized key", `  - { ${ONE}, destination: a }`],
    ["Invalid", "  - { case: one, connections: [{ name: it, send: { hex: 0 }, expect: {} }] }"],
  ])("is refused: %s", async (message, cases) => {
    await expect(load(cases)).rejects.toThrow(message);
  });

  it("opens each connection once for each way of cutting, unless it has one of its own", async () => {
    const [one] = await load(`
  - case: one
    splits: [whole, 1, [2, 3]]
    connections:
      - { name: a, send: abcd, end: true, expect: {} }
      - { name: b, send: abcd, split: [1], expect: {} }`);
    const openings = openingsOf(one!);
    expect(openings.map(({ where }) => where)).toEqual([
      ...["a: ", "a (cut at 1): ", "a (cut at [2,3]): ", "b: "],
    ]);
    expect(openings[2]?.steps).toEqual([{ send: "abcd", split: [2, 3] }, { end: true }]);
    expect(new Set(openings.map(({ token }) => token)).size).toBe(4);
  });

  it.each([
    [undefined, ["abcde"]],
    [1, ["a", "b", "c", "d", "e"]],
    [2, ["ab", "cd", "e"]],
    [
      [2, 4],
      ["ab", "cd", "e"],
    ],
    [[5, 9], ["abcde"]],
  ])("cuts at %j", (split, pieces) => {
    expect(segments(Buffer.from("abcde"), split).map(String)).toEqual(pieces);
  });
});

/** Reads a ClientHello of TLS 1.2 as any server would. */
async function readHello(octets: Buffer): Promise<unknown> {
  const { certificate_chain, private_key } = certificateFor("spiffe://a.example/b");
  const server = tls.createServer({
    cert: certificate_chain.inline_string,
    key: private_key.inline_string,
    // Signatures by SHA-1 are what a client gets that names no other.
    ciphers: "DEFAULT@SECLEVEL=0",
    ALPNCallback: (hello) => void server.emit("hello", hello),
  });
  const read = once(server, "hello");
  server.on("tlsClientError", (error) => server.emit("error", error));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(octets);
  try {
    return (await read)[0];
  } finally {
    server.removeAllListeners("tlsClientError");
    socket.destroy();
    server.close();
  }
}

it.each([
  ["in one record", {}],
  ["in records of 7 octets", { recordSize: 7 }],
  ["with padding", { padding: 3000 }],
])("a ClientHello %s is one to Node", async (_, options) => {
  const hello = ClientHello.parse({
    ...{ serverName: "a.example", alpn: ["h2", "http/1.1"], supportedVersions: [] },
    ...options,
  });
  expect(await readHello(clientHello(hello))).toEqual({
    servername: "a.example",
    protocols: ["h2", "http/1.1"],
  });
});
