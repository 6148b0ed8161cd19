import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientHello, say } from "../mesh/peers.js";
import { Authority, hasOpenssl, type Identity } from "../rbac/mtls/certificates.js";
import { Issuer } from "./issuer.js";
import { generate, Rig } from "./rig.js";

const NAMESPACE = { namespace: "prod", labels: { app: "web" } };
const policy = (name: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: prod }
spec: ${spec}
---`;
const service = (ports: string) => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: prod }
spec: { selector: { app: web }, ports: ${ports} }
---`;
const peer = (spec: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: peers, namespace: prod }
spec: ${spec}
---`;

const portOf = (server: http.Server | undefined) => (server?.address() as AddressInfo | undefined)?.port ?? 0;

let rig: Rig;
let issuer: Issuer;
let keys: http.Server;
let securedKeys: https.Server | undefined;
let folder: string;
let client: Identity;
let formerly: Identity;
let foreigner: Identity;
let root: string;

beforeAll(async () => {
  issuer = await Issuer.make("https://issuer.example");
  keys = http.createServer((_, response) => response.end(issuer.jwks)).listen(0, "127.0.0.1");
  await once(keys, "listening");
  const port = portOf(keys);
  folder = mkdtempSync(join(tmpdir(), "tremula-generate-"));
  if (hasOpenssl()) {
    const authority = new Authority();
    const server = authority.issue("/CN=server", ["DNS:server.example"]);
    client = authority.issue("/CN=client", ["URI:spiffe://cluster.local/ns/prod/sa/client"]);
    formerly = authority.issue("/", ["URI:spiffe://old.example/ns/prod/sa/client"]);
    foreigner = authority.issue("/", ["URI:spiffe://other.example/ns/prod/sa/client"]);
    root = authority.certificate;
    const address = authority.issue("/CN=keys", ["IP:127.0.0.1"]);
    securedKeys = https.createServer(address, (_, response) => response.end(issuer.jwks));
    await once(securedKeys.listen(0, "127.0.0.1"), "listening");
    writeFileSync(join(folder, "cert-chain.pem"), server.cert);
    writeFileSync(join(folder, "key.pem"), server.key);
    writeFileSync(join(folder, "root-cert.pem"), authority.certificate);
    authority.close();
  }
  const tls = {
    ...NAMESPACE,
    tls: folder,
    trustedCa: join(folder, "root-cert.pem"),
    aliases: ["old.example"],
  };
  const admitted = policy("client", "{ rules: [{ from: [{ source: { serviceAccounts: [client] } }] }] }");
  const tokensOf = (jwksUri: string) => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: prod }
spec: { jwtRules: [{ issuer: "${issuer.name}", jwksUri: "${jwksUri}" }] }
---${policy("token", '{ rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }] }')}`;
  const configs = {
    remote: tokensOf(`http://127.0.0.1:${port}/keys`),
    unknown: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: prod }
spec: { jwtRules: [{ issuer: "${issuer.name}" }] }
`,
    "deny all": policy("none", "{}"),
    "allow all": policy("all", "{ rules: [{}] }"),
    addresses: policy("local", "{ rules: [{ from: [{ source: { ipBlocks: [127.0.0.1] } }] }] }"),
    "other addresses": policy("far", "{ rules: [{ from: [{ source: { ipBlocks: [192.0.2.0/24] } }] }] }"),
    custom: policy(
      "asks",
      "{ action: CUSTOM, provider: { name: opa }, rules: [{ to: [{ operation: { paths: [/x] } }] }] }",
    ),
    connections:
      service("[{ name: tcp-a, port: 9000 }, { name: mysql, port: 9001 }, { name: http, port: 9002 }]") +
      policy("ports", "{ rules: [{ to: [{ operation: { notPorts: ['9001'] } }] }] }") +
      policy("methods", "{ rules: [{ to: [{ operation: { methods: [GET] } }] }] }"),
    "HTTP alone":
      service("[{ name: tcp, port: 9000 }]") +
      policy("get", "{ rules: [{ to: [{ operation: { methods: [GET] } }] }] }"),
    "far clients": policy("far", "{ rules: [{ from: [{ source: { remoteIpBlocks: [192.0.2.0/24] } }] }] }"),
    "denied connections":
      service("[{ name: tcp, port: 9000 }]") +
      policy("get", "{ action: DENY, rules: [{ to: [{ operation: { methods: [GET] } }] }] }"),
    "strict without certificates": peer("{ mtls: { mode: STRICT } }"),
  };
  const secured = {
    strict: peer("{ mtls: { mode: STRICT } }") + admitted,
    permissive: peer("{ mtls: { mode: PERMISSIVE } }"),
    disabled: peer("{ mtls: { mode: DISABLE } }"),
    "permissive connections": service("[{ name: tcp, port: 9000 }]") + peer("{ mtls: { mode: PERMISSIVE } }"),
    "remote with TLS": tokensOf(`https://127.0.0.1:${portOf(securedKeys)}/keys`),
  };
  const texts = Object.entries(configs).map(([name, yaml]) => {
    const { text } = generate(yaml, "envoy", {
      ...NAMESPACE,
      allowPartial: ["custom", "unknown"].includes(name),
    });
    return [name, text] as const;
  });
  const withTls = hasOpenssl()
    ? Object.entries(secured).map(([name, yaml]) => [name, generate(yaml, "envoy", tls).text] as const)
    : [];
  rig = await Rig.start(Object.fromEntries([...texts, ...withTls]));
});

afterAll(async () => {
  await rig?.stop();
  keys?.close();
  securedKeys?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("tokens", () => {
  test("are verified with keys that the filter fetches", async () => {
    expect(await rig.ask("remote", "/", await issuer.bearer())).toBe(200);
    expect(await rig.ask("remote", "/")).toBe(403);
    expect(await rig.ask("remote", "/", { authorization: "Bearer x" })).toBe(401);
  });

  test.skipIf(!hasOpenssl())("are fetched with TLS, from an address too", async () => {
    expect(await rig.ask("remote with TLS", "/", await issuer.bearer())).toBe(200);
  });

  test("of an issuer whose keys nobody knows are none, with --allow-partial", async () => {
    expect(await rig.ask("unknown", "/", await issuer.bearer())).toBe(401);
    expect(await rig.ask("unknown", "/")).toBe(200);
  });
});

describe("policies", () => {
  test("an empty one denies everything, one with an empty rule nothing", async () => {
    expect(await rig.ask("deny all", "/")).toBe(403);
    expect(await rig.ask("allow all", "/")).toBe(200);
  });

  test("the peer's own address is not what a client says", async () => {
    const forged = { "x-forwarded-for": "192.0.2.7" };
    expect(await rig.ask("addresses", "/", forged)).toBe(200);
    expect(await rig.ask("other addresses", "/", forged)).toBe(403);
  });

  test("nor is the client's address", async () => {
    expect(await rig.ask("far clients", "/", { "x-forwarded-for": "192.0.2.7" })).toBe(403);
  });

  test("CUSTOM denies what it would ask about, with --allow-partial", async () => {
    expect(await rig.ask("custom", "/x")).toBe(403);
    expect(await rig.ask("custom", "/y")).toBe(200);
  });

  test("on connections an ALLOW rule for HTTP is none, and all others hold", async () => {
    expect(await rig.say("connections/0", "hello")).toBe("hello");
    expect(await rig.say("connections/1", "hello")).toBe("hello");
    expect(await rig.ask("connections/2", "/")).toBe(200);
  });

  test("on connections an ALLOW rule for HTTP, when there is no other, lets nothing in", async () => {
    expect(await rig.say("HTTP alone", "hello")).toBe("");
  });

  test("on connections a DENY rule for HTTP denies all", async () => {
    expect(await rig.say("denied connections", "hello")).toBe("");
  });
});

describe("mutual TLS", () => {
  test("that is required and cannot be had lets nobody in", async () => {
    await expect(rig.ask("strict without certificates", "/")).rejects.toThrow();
  });

  const asked = (name: string, options: https.RequestOptions) =>
    new Promise<number>((resolve, reject) => {
      const request = https.request({
        host: "127.0.0.1",
        port: rig.port(name),
        ca: root,
        agent: false,
        ...options,
      });
      request.on("error", reject).on("response", (response) => resolve(response.resume().statusCode!));
      request.end();
    });

  test.skipIf(!hasOpenssl())("is what it is required to be", async () => {
    const named = { servername: "server.example" };
    expect(await asked("strict", { ...named, ...client })).toBe(200);
    await expect(asked("strict", named)).rejects.toThrow();
    await expect(rig.ask("strict", "/")).rejects.toThrow();
    expect(await asked("permissive", { ...named, ...client })).toBe(200);
    expect(await rig.ask("permissive", "/")).toBe(200);
    await expect(asked("permissive", named)).rejects.toThrow();
    expect(await rig.ask("disabled", "/")).toBe(200);
    await expect(asked("disabled", { ...named, ...client })).rejects.toThrow();
  });

  // As in Istio, whose proxies are known by what they offer to speak: a database's own TLS is the database's business.
  test.skipIf(!hasOpenssl())("that is not required leaves the workload its own TLS", async () => {
    const connected = () => net.connect(rig.port("permissive connections"), "127.0.0.1");
    const secured = (...ALPNProtocols: string[]) =>
      connectTls({ socket: connected(), ...client, ALPNProtocols, rejectUnauthorized: false });
    expect(await say(connected(), { words: clientHello("db.example") })).toBe("passed");
    expect(await say(connected())).toBe("passed");
    expect(await say(secured("istio"))).toBe("passed");
    expect(await say(secured("postgresql"))).toBe("closed");
  });

  // As in Istio: a policy that names a namespace or an account says nothing of the trust domain.
  test.skipIf(!hasOpenssl())("takes certificates of the mesh's own trust domains alone", async () => {
    const named = { servername: "server.example" };
    for (const name of ["strict", "permissive"]) {
      expect(await asked(name, { ...named, ...formerly })).toBe(200);
      await expect(asked(name, { ...named, ...foreigner })).rejects.toThrow();
    }
  });
});
