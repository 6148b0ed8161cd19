import { once } from "node:events";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Issuer } from "./issuer.js";
import { generate, Rig } from "./rig.js";

// A client without a token that wants to where one is needed.

const RULES = {
  path: "[{ paths: [/private, '/deep/*', '/t/{*}/x'] }]",
  host: "[{ hosts: [admin.example, '*.corp.example', 'old.*'] }]",
  method: "[{ methods: [POST, 'PU*'] }]",
};
const EXEMPT = "[{ paths: [/login, '/assets/*', '*.png'] }, { hosts: [open.example, '*.open.example'] }]";

let rig: Rig;

beforeAll(async () => {
  const corp = await Issuer.make("https://corp.example");
  const policy = (mode: string, rules: string, status: number) => `
apiVersion: tremula.dev/v1alpha1
kind: SecureIngressPolicy
metadata: { name: front, namespace: edge }
spec:
  mode: ${mode}
  missingTokenStatus: ${status}
  tokens: [{ name: corp, issuer: "${corp.name}", jwks: '${corp.jwks}' }]
  rules: ${rules}
`;
  const listeners = [401, 403].flatMap((status) => [
    ...Object.entries(RULES).map(
      ([name, rules]) => [name, policy("require", rules, status), status] as const,
    ),
    ["exempt", policy("exempt", EXEMPT, status), status] as const,
  ]);
  const configs = listeners.map(([name, yaml, status]) => {
    return [`${name} ${status}`, generate(yaml, "envoy", { namespace: "edge" }).text] as const;
  });
  rig = await Rig.start(Object.fromEntries(configs));
});

afterAll(() => rig?.stop());

/** The status of a request that no client library would send; 0 when there is no answer but a closed connection. */
async function raw(listener: string, request: string): Promise<number> {
  const socket = net.connect(rig.port(listener), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
    if (answer.includes("\r\n")) socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.write(Buffer.from(request, "latin1"));
  await once(socket, "close");
  return Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1] ?? 0);
}

const get = (target: string, host = "any.example", more = "", method = "GET"): string =>
  `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${more}connection: close\r\n\r\n`;

/** Which of some requests are let through. */
async function open(listener: string, requests: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(requests.map((request) => raw(listener, request)));
  return requests
    .filter((_, index) => answers[index] === 200)
    .map((request) => request.split("\r\nconnection")[0]!);
}

describe.each([401, 403])("with %d for who has no token", (status) => {
  test("a path is not open in another spelling", async () => {
    const targets = [
      ...[
        "/private",
        "/private?",
        "/private?x=/login",
        "/private#x",
        "/private/",
        "//private",
        "///private//",
        "/./private",
      ],
      ...[
        "/x/../private",
        "/x/..//private",
        "/%2e/private",
        "/x/%2e%2e/private",
        "/x/%2E./private",
        "/%70rivate",
        "/%70%72ivate",
      ],
      ...[
        "/private%00",
        "/private%00.png",
        "/private%2f",
        "/x%2f..%2fprivate",
        "/%2fprivate",
        "/x\\..\\private",
        "\\private",
      ],
      ...[
        "/private;",
        "/private;a=b",
        "/;/private",
        "/x/..;/private",
        "/%5c/private",
        "/private%3b",
        "/private/%2e",
      ],
      ...[
        "http://any.example/private",
        "http://any.example//private",
        "HTTP://ANY.EXAMPLE/%70rivate",
        "http://u@any.example/private",
      ],
      ...[
        "/deep//x",
        "//deep/x",
        "/deep/../deep/x",
        "/%64eep/x",
        "/deep/%2e%2e/deep/x",
        "/t/1/x",
        "/t//x",
        "/t/1//x",
        "//t/1/x",
        "/t/1/%78",
      ],
    ];
    expect(
      await open(
        `path ${status}`,
        targets.map((target) => get(target)),
      ),
    ).toEqual([]);
    expect(await raw(`path ${status}`, get("/privately"))).toBe(200);
  });

  test("nor a host", async () => {
    const hosts = [
      ...[
        "admin.example",
        "ADMIN.example",
        "admin.example:80",
        "admin.example.",
        "admin.example.:80",
        "admin.example:",
        "admin.example:x",
      ],
      ...[
        "x.corp.example",
        "x.corp.example:80",
        "x.corp.example.",
        "X.CORP.EXAMPLE:443",
        "x.corp.example.:80",
        "a@admin.example",
      ],
      ...["old.x", "old.x:80", "OLD.x", "a@old.x", "a:b@old.x:80", "admin.example:80:80", "admin.example\t"],
    ];
    const requests = hosts.flatMap((host) => [get("/", host), get(`http://${host}/`, "else.example")]);
    expect(await open(`host ${status}`, requests)).toEqual([]);
    expect(await raw(`host ${status}`, get("/", "else.example"))).toBe(200);
  });

  test("nor a method", async () => {
    const methods = ["POST", "PUT", "PUSH", "PURGE"];
    const preflight = "origin: https://x\r\naccess-control-request-method: POST\r\n";
    const requests = methods.flatMap((method) => [
      get("/", "a", "content-length: 0\r\n", method),
      get("/", "a", `content-length: 0\r\n${preflight}`, method),
    ]);
    expect(await open(`method ${status}`, requests)).toEqual([]);
    expect(await raw(`method ${status}`, get("/"))).toBe(200);
  });

  test("nothing is exempt that only looks so", async () => {
    const targets = [
      ...[
        "/login/..;/admin",
        "/login%00",
        "/login/",
        "/LOGIN",
        "/login;x",
        "/login/../admin",
        "/assets/../admin",
        "/assets/..%2fadmin",
      ],
      ...[
        "/assets/%2e%2e/admin",
        "/assets/..;/admin",
        "/assets/..\\admin",
        "/assets/.%2e/admin",
        "/admin;.png",
        "/admin%3b.png",
      ],
      ...[
        "/admin?.png",
        "/admin#.png",
        "/admin%00.png",
        "/admin?x=/login",
        "//login",
        "/admin//login",
        "/admin/%2e%2e%2flogin",
      ],
    ];
    const hosts = [
      ...[
        "open.example.evil",
        "evilopen.example",
        "open.example@evil",
        "evil.example/.open.example",
        "evil.example#open.example",
      ],
      ...[
        "open.example, evil.example",
        "evil.example, open.example",
        "evil.example:open.example",
        "evil.example:80.open.example",
        "evil.example:.open.example",
        "evil.example:80:x.open.example",
        "evil.example:80,x.open.example",
        "[::1]:80.open.example",
        "[::1].open.example",
        "open.example:x@evil.example",
      ],
    ];
    const requests = [...targets.map((target) => get(target)), ...hosts.map((host) => get("/x", host))];
    expect(await open(`exempt ${status}`, requests)).toEqual([]);
    for (const target of ["/login", "/assets/a", "/x.png"])
      expect(await raw(`exempt ${status}`, get(target))).toBe(200);
    for (const host of ["OPEN.example:8443", "x.open.example", "x.open.example:80"])
      expect(await raw(`exempt ${status}`, get("/", host)), host).toBe(200);
    for (const host of ["[::1]", "[::1]:80"])
      expect(await raw(`exempt ${status}`, get("/login", host)), host).toBe(200);
  });
});
