import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClientTls } from "./differential/client.js";
import type { Condition } from "./differential/conditions.js";
import type { Configuration } from "./differential/configuration.js";
import { nativeFilter, ourFilter, type Listener } from "./differential/chain.js";
import { ourModule } from "./differential/pairs.js";
import { Rig } from "./differential/rig.js";
import { Authority, hasOpenssl } from "./mtls/certificates.js";
import { optionalMutualTls } from "./mtls/socket.js";

const isThere = hasOpenssl();
if (!isThere) console.warn("skipped: mutual TLS, because there is no openssl to make certificates with");

const SPIFFE = ["URI:spiffe://cluster.local/ns/foo/sa/a"];

/** Subjects with their alternative names; null is a client without a certificate. */
const CLIENTS: Readonly<Record<string, readonly [string, readonly string[]] | null>> = {
  none: null,
  spiffe: ["/", SPIFFE],
  "spiffe of another namespace": ["/CN=a", ["URI:spiffe://cluster.local/ns/bar/sa/a"]],
  "one name of the domain system": ["/CN=client", ["DNS:a.example"]],
  "URI and domain names": ["/O=Acme/CN=client", ["DNS:a.example", "URI:spiffe://cluster.local/ns/foo/sa/b"]],
  "subject only": ["/O=Acme/CN=client", []],
  "subject that needs escapes": ['/O=Acme, "Inc"/CN=ädmin\\+x', []],
  "address and mail": ["/CN=client", ["IP:10.0.0.1", "email:client@a.example"]],
  "empty subject, no names": ["/", []],
  "two URIs": ["/CN=client", ["URI:spiffe://cluster.local/ns/foo/sa/a", "URI:spiffe://other/ns/bar/sa/b"]],
  "two domain names": ["/CN=client", ["DNS:a.example", "DNS:b.example"]],
  "URI and two domain names": [
    "/CN=client",
    ["URI:spiffe://cluster.local/ns/foo/sa/a", "DNS:a.example", "DNS:b.example"],
  ],
  "all kinds, in an order that is not Envoy's": [
    "/CN=client",
    [
      "DNS:b.example",
      "email:client@a.example",
      "URI:spiffe://other/ns/bar/sa/b",
      "DNS:a.example",
      "URI:spiffe://cluster.local/ns/foo/sa/a",
    ],
  ],
};
const named = (principal_name: object): Condition => ({ authenticated: { principal_name } });
const sni = (requested_server_name: object): Condition => ({ requested_server_name });

const PRINCIPALS: readonly Condition[] = [
  { authenticated: {} },
  { not_id: { authenticated: {} } },
  named({ exact: "spiffe://cluster.local/ns/foo/sa/a" }),
  named({ exact: "SPIFFE://cluster.local/ns/foo/sa/a", ignore_case: true }),
  named({ prefix: "spiffe://cluster.local/" }),
  named({ suffix: "/sa/b" }),
  named({ safe_regex: { regex: ".*/ns/foo/.*" } }),
  named({ safe_regex: { regex: "spiffe://.+/ns/bar/(.+/|)sa/a(/.+)?" } }),
  named({ safe_regex: { regex: ".+" } }),
  named({ exact: "" }),
  named({ exact: "a.example" }),
  named({ exact: "b.example" }),
  named({ contains: "CN=client" }),
  named({ exact: "CN=client,O=Acme" }),
  named({ contains: "Inc" }),
  named({ contains: "dmin" }),
  { not_id: named({ prefix: "spiffe://" }) },
  { not_id: named({ exact: "a.example" }) },
];
const mutual = (config: object): Condition => ({
  custom: {
    name: "mtls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.rbac.principals.mtls_authenticated.v3.Config",
      ...config,
    },
  },
});
const san = (san_type: string, matcher: object) => mutual({ san_matcher: { san_type, matcher } });

const CUSTOM: readonly Condition[] = [
  mutual({ any_validated_client_certificate: true }),
  { not_id: mutual({ any_validated_client_certificate: true }) },
  san("URI", { exact: "spiffe://cluster.local/ns/foo/sa/a" }),
  san("URI", { prefix: "spiffe://other/" }),
  san("DNS", { exact: "a.example" }),
  san("DNS", { suffix: "b.example" }),
];
const PERMISSIONS: readonly Condition[] = [
  sni({ exact: "a.example" }),
  sni({ exact: "A.example", ignore_case: true }),
  sni({ suffix: ".example" }),
  sni({ safe_regex: { regex: ".+" } }),
  sni({ exact: "" }),
  { not_rule: sni({ prefix: "a." }) },
];

const allow = (permission: Condition, principal: Condition): Configuration => ({
  rules: { action: "ALLOW", policies: { one: { permissions: [permission], principals: [principal] } } },
});
/** What our filter has to be told, because Envoy does not tell. */
const VERIFIED = { client_certificates_verified: true };
const CONFIGURATIONS = [
  ...[...PRINCIPALS, ...CUSTOM].map((principal) => allow({ any: true }, principal)),
  ...PERMISSIONS.map((permission) => allow(permission, { any: true })),
];

describe.skipIf(!isThere)("with certificates", () => {
  let authority: Authority;
  let rig: Rig;
  const clients = new Map<string, ClientTls>();

  beforeAll(async () => {
    authority = new Authority();
    const module = await ourModule();
    const server = authority.issue("/CN=server", ["DNS:a.example"]);
    const pair = (
      configuration: Configuration,
      index: number,
      prefix: string,
      transportSocket: object,
    ): Listener[] => {
      const around = { slots: { claims: [], filterState: [] }, shadowPrefix: "", transportSocket };
      const native = nativeFilter(configuration);
      const told = prefix === "" ? { ...VERIFIED, ...configuration } : configuration;
      const ours = module === null ? native : ourFilter(told, module);
      return [
        { ...around, name: `${prefix}native-${index}`, filters: [native] },
        { ...around, name: `${prefix}ours-${index}`, filters: [ours] },
      ];
    };
    const verified = optionalMutualTls(server, authority.certificate);
    const unverified = optionalMutualTls(server, authority.certificate, "ACCEPT_UNTRUSTED");
    rig = await Rig.start([
      ...CONFIGURATIONS.flatMap((one, index) => pair(one, index, "", verified)),
      ...CONFIGURATIONS.slice(0, PRINCIPALS.length).flatMap((one, index) =>
        pair(one, index, "unverified ", unverified),
      ),
    ]);
    for (const [id, plan] of Object.entries(CLIENTS)) {
      clients.set(id, { id, ...(plan && authority.issue(...plan)) });
    }
  });

  afterAll(async () => {
    await rig?.stop();
    authority?.close();
  });

  /** Which conditions hold for a client, by the native filter and by ours. */
  async function decisions(id: string, servername: string, prefix = ""): Promise<[string[], string[]]> {
    const native: string[] = [];
    const ours: string[] = [];
    const count = prefix === "" ? CONFIGURATIONS.length : PRINCIPALS.length;
    for (let index = 0; index < count; index++) {
      const client = { ...clients.get(id)!, id: `${id} ${servername}`, servername };
      const request = {
        method: "GET",
        path: "/",
        headers: [["host", "a.example"]] as const,
        from: "127.0.0.1",
      };
      const what = JSON.stringify([PRINCIPALS, CUSTOM, PERMISSIONS].flat()[index]);
      const ask = async (who: string) =>
        `${what}: ${JSON.stringify(await rig.ask(`${prefix}${who}-${index}`, request, client))}`;
      native.push(await ask("native"));
      ours.push(await ask("ours"));
    }
    return [native, ours];
  }

  test.for(Object.keys(CLIENTS))("decides as the native filter does: %s", async (id) => {
    const [native, ours] = await decisions(id, "a.example");
    expect(ours).toEqual(native);
    // All conditions alike would show nothing.
    expect(new Set(native.map((line) => line.includes('"status":200'))).size).toBe(2);
  });

  test.for(["b.test", ""])("decides as the native filter does: server name %j", async (servername) => {
    for (const id of ["none", "spiffe"]) {
      const [native, ours] = await decisions(id, servername);
      expect(ours).toEqual(native);
    }
  });

  test("decides as the native filter does where certificates are not verified", async () => {
    const stranger = new Authority();
    clients.set("stranger", { id: "stranger", ...stranger.issue("/CN=client", SPIFFE) });
    stranger.close();
    const [native, ours] = await decisions("stranger", "a.example", "unverified ");
    expect(ours).toEqual(native);
    // Such a name counts as much as any other: whoever configures this has to know.
    expect(native.find((line) => line.startsWith(JSON.stringify(PRINCIPALS[2])))).toContain('"status":200');
  });
});
