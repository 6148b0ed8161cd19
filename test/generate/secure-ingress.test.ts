import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Issuer } from "./issuer.js";
import { nativeTwin } from "./native-twin.js";
import { generate, Rig } from "./rig.js";

let rig: Rig;
let server: http.Server;
let corp: Issuer;
let shop: Issuer;
const tokens: Record<string, { authorization?: string }> = {};

const LISTENERS: Readonly<Record<string, { mode: string; rules: string; more?: string }>> = {
  "require 401": { mode: "require", rules: "[{ paths: [/private, '/api/*'] }]" },
  "require 403": {
    mode: "require",
    rules: "[{ paths: [/private, '/api/*'] }]",
    more: "missingTokenStatus: 403",
  },
  "exempt 401": { mode: "exempt", rules: "[{ paths: [/public, '/assets/*'] }]" },
  "exempt 403": {
    mode: "exempt",
    rules: "[{ paths: [/public, '/assets/*'] }]",
    more: "missingTokenStatus: 403",
  },
  "exempt by several": {
    mode: "exempt",
    rules: "[{ paths: [/public] }, { hosts: [status.example], methods: [GET] }, { paths: ['/v/{*}/open'] }]",
  },
  "require who": {
    mode: "require",
    rules:
      "[{ paths: [/corp], access: { tokens: [corp] } }, " +
      "{ paths: [/ada], access: { subjects: [ada] } }, " +
      "{ hosts: [api.example], methods: [PUT], access: { claims: [{ path: [roles, api], values: [write] }] } }]",
  },
  "checked preflights": { mode: "exempt", rules: "[{ paths: [/public] }]", more: "preflight: check" },
  "shared with browsers": {
    mode: "exempt",
    rules: "[{ paths: [/public] }]",
    more: "cors: { allowOrigins: [https://app.example], allowMethods: [PUT], allowHeaders: [authorization], maxAgeSeconds: 60, allowCredentials: true }",
  },
  "ambiguous paths": { mode: "require", rules: "[{ paths: [/private] }]", more: "ambiguousPaths: allow" },
};

/** These have a twin with Envoy's own filters, which takes the same configuration. */
const NATIVE = ["require 401", "require 403", "exempt 401", "exempt 403", "exempt by several", "require who"];

beforeAll(async () => {
  [corp, shop] = await Promise.all([
    Issuer.make("https://corp.example"),
    Issuer.make("https://shop.example"),
  ]);
  const stranger = await Issuer.make("https://stranger.example");
  Object.assign(tokens, {
    none: {},
    corp: await corp.bearer(),
    shop: await shop.bearer({ sub: "bob" }),
    writer: await shop.bearer({ roles: { api: ["read", "write"] } }),
    "of a stranger": await stranger.bearer(),
    "that is garbage": { authorization: "Bearer garbage" },
    "without a subject": await corp.bearer({ sub: undefined }),
  });
  server = http.createServer((_, response) => response.end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const configs = Object.entries(LISTENERS).map(([name, { mode, rules, more = "" }]) => {
    const yaml = `
apiVersion: tremula.dev/v1alpha1
kind: SecureIngressPolicy
metadata: { name: front, namespace: edge }
spec:
  mode: ${mode}
  tokens:
    - { name: corp, issuer: "${corp.name}", jwks: '${corp.jwks}' }
    - { name: shop, issuer: "${shop.name}", jwks: '${shop.jwks}' }
  rules: ${rules}
  ${more}
`;
    // Envoy has no CORS where it answers by itself.
    const upstream = name === "shared with browsers" ? { host: "127.0.0.1", port } : null;
    return [name, generate(yaml, "envoy", { namespace: "edge", upstream }).text];
  });
  const twins = configs.flatMap(([name, text]) =>
    NATIVE.includes(name!) ? [[`native ${name}`, nativeTwin(text!)]] : [],
  );
  rig = await Rig.start(Object.fromEntries([...configs, ...twins]) as Record<string, string>);
});

afterAll(async () => {
  await rig?.stop();
  server?.close();
});

describe("the two modes", () => {
  const BAD = ["of a stranger", "that is garbage"];
  const GOOD = ["corp", "shop", "writer"];
  const guarded = {
    require: ["/private", "/api/x?a=/public"],
    exempt: ["/", "/private", "/publicity", "/public/x"],
  };
  const open = {
    require: ["/", "/public", "/privately"],
    exempt: ["/public", "/public?x=1", "/assets/a.css"],
  };
  const rows = (["require", "exempt"] as const).flatMap((mode) =>
    [401, 403].flatMap((missing) => [
      ...guarded[mode].map((path) => ({ listener: `${mode} ${missing}`, path, missing })),
      ...open[mode].map((path) => ({ listener: `${mode} ${missing}`, path, missing: 200 })),
    ]),
  );

  test.for(rows)(
    "$listener: $path answers a missing token with $missing",
    async ({ listener, path, missing }) => {
      for (const name of [listener, `native ${listener}`]) {
        expect(await rig.ask(name, path), name).toBe(missing);
        for (const bad of BAD) expect(await rig.ask(name, path, tokens[bad]), `${name} ${bad}`).toBe(401);
        for (const good of GOOD) expect(await rig.ask(name, path, tokens[good]), `${name} ${good}`).toBe(200);
      }
    },
  );

  test("a missing token is asked for in words that clients know", async () => {
    const { headers, body } = await rig.answer("exempt 401", "/private");
    expect(headers["www-authenticate"]).toMatch(/^Bearer realm=/);
    expect(body).toBe("Jwt is missing");
  });

  test("a token that names nobody is nobody's", async () => {
    expect(await rig.ask("exempt 401", "/private", tokens["without a subject"])).toBe(403);
  });
});

describe("what is exempt", () => {
  test.for([
    ["/public", "any.example", "DELETE", 200],
    ["/x", "status.example", "GET", 200],
    ["/x", "status.example:8443", "GET", 200],
    ["/x", "STATUS.example", "GET", 200],
    ["/x", "status.example", "POST", 401],
    ["/x", "mystatus.example", "GET", 401],
    ["/v/1/open", "any.example", "GET", 200],
    ["/v/1/2/open", "any.example", "GET", 401],
    ["/v//open", "any.example", "GET", 401],
    ["/v/1/open/x", "any.example", "GET", 401],
  ] as const)("%s of %s by %s: %d", async ([path, host, method, status]) => {
    for (const name of ["exempt by several", "native exempt by several"]) {
      expect(await rig.ask(name, path, { host }, method), name).toBe(status);
    }
  });
});

describe("who may", () => {
  test.for([
    ["/corp", "corp", "a.example", "GET", 200],
    ["/corp", "shop", "a.example", "GET", 403],
    ["/corp", "none", "a.example", "GET", 401],
    ["/ada", "corp", "a.example", "GET", 200],
    ["/ada", "shop", "a.example", "GET", 403],
    ["/x", "writer", "api.example", "PUT", 200],
    ["/x", "shop", "api.example", "PUT", 403],
    ["/x", "shop", "api.example:81", "PUT", 403],
    ["/x", "none", "api.example", "PUT", 401],
    ["/x", "none", "api.example", "GET", 200],
  ] as const)("%s with %s at %s by %s: %d", async ([path, token, host, method, status]) => {
    for (const name of ["require who", "native require who"]) {
      expect(await rig.ask(name, path, { ...tokens[token], host }, method), name).toBe(status);
    }
  });
});

describe("preflights", () => {
  const preflight = { origin: "https://app.example", "access-control-request-method": "PUT" };
  const { origin } = preflight;

  test("need no token", async () => {
    for (const listener of ["exempt 401", "exempt 403", "require 401", "require 403"]) {
      expect(await rig.ask(listener, "/private", preflight, "OPTIONS"), listener).toBe(200);
    }
  });

  test.for(["exempt 401", "exempt 403", "require 401", "require 403"])(
    "%s: what is no preflight does, though it looks like one",
    async (listener) => {
      const missing = Number(listener.slice(-3));
      for (const name of [listener, `native ${listener}`]) {
        expect(await rig.ask(name, "/private", {}, "OPTIONS"), name).toBe(missing);
        expect(await rig.ask(name, "/private", { origin }, "OPTIONS"), name).toBe(missing);
        expect(await rig.ask(name, "/private", preflight, "GET"), name).toBe(missing);
      }
    },
  );

  test("need one where they are checked", async () => {
    expect(await rig.ask("checked preflights", "/private", preflight, "OPTIONS")).toBe(401);
    expect(
      await rig.ask("checked preflights", "/private", { ...preflight, ...tokens["corp"] }, "OPTIONS"),
    ).toBe(200);
  });
});

describe("CORS", () => {
  const origin = "https://app.example";

  test("a browser may read answers, denials too, for origins that are allowed", async () => {
    for (const [token, status] of [
      ["none", 401],
      ["corp", 200],
    ] as const) {
      const { headers, ...answer } = await rig.answer("shared with browsers", "/", {
        ...tokens[token],
        origin,
      });
      expect(answer.status).toBe(status);
      expect(headers["access-control-allow-origin"]).toBe(origin);
      expect(headers["access-control-allow-credentials"]).toBe("true");
    }
    const { headers } = await rig.answer("shared with browsers", "/", { origin: "http://app.example" });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("preflights of origins that are allowed are answered, and tell what is", async () => {
    const preflight = { origin, "access-control-request-method": "PUT" };
    const { status, headers } = await rig.answer("shared with browsers", "/", preflight, "OPTIONS");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "authorization",
      "access-control-max-age": "60",
    });
  });
});

describe("paths that a server may read as others", () => {
  const PATHS = ["/x%2f..%2fprivate", "/private;a=b", "/private%3ba=b", "/%5cprivate"];

  test.for(PATHS)("%s passes with a token neither", async (path) => {
    for (const listener of ["require 401", "require 403", "exempt 401", "exempt 403"]) {
      expect(await rig.ask(listener, path, tokens["corp"]), listener).toBe(400);
    }
  });

  test.for([
    "/private/",
    "/private/.",
    "/x/../private",
    "/./private",
    "/%70rivate",
    "/x;/../private",
    "/x/..;/private",
  ])("%s is /private", async (path) => {
    for (const status of [401, 403]) expect(await rig.ask(`require ${status}`, path)).toBe(status);
  });

  test("are let alone where that is said", async () => {
    expect(await rig.ask("ambiguous paths", "/private;a=b")).toBe(200);
  });
});
