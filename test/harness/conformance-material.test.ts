import { createPublicKey } from "node:crypto";
import { compactVerify, createLocalJWKSet, importJWK, type JSONWebKeySet, type JWK, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { type Definitions, Names } from "../../harness/conformance/names.js";
import { JwksScript, KeyDefinition, TokenDefinition } from "../../harness/conformance/material-schema.js";

const NOW = 1_800_000_000;
const CLAIMS = { iss: "https://a", sub: "alice", exp: { now: 3600 } };

const around = { now: NOW, clusters: { jwks: "jwks-case-0" }, statPrefix: "case-0" };

const definitions: Definitions = {
  keys: {
    rsa: { kty: "RSA" },
    rsa1024: { kty: "RSA", bits: 1024 },
    p256: { kty: "EC" },
    p384: { kty: "EC", crv: "P-384" },
    p521: { kty: "EC", crv: "P-521" },
    ed: { kty: "OKP" },
    secret: { kty: "oct", bytes: 64 },
    other: { kty: "RSA" },
    bare: { from: "rsa", kid: null, alg: null, jwk: { use: "sig", n: null } },
    pem: { kty: "oct", secret: { public: "rsa", as: "pem" } },
    der: { kty: "oct", secret: { public: "rsa", as: "der" } },
    jwk: { kty: "oct", secret: { public: "rsa", as: "jwk" } },
  },
  tokens: {
    good: { key: "rsa", payload: CLAIMS },
    ...Object.fromEntries(
      ["p256", "p384", "p521", "ed", "secret", "rsa1024"].map((key) => [key, { key, payload: CLAIMS }]),
    ),
    ps: { from: "good", alg: "PS384" },
    hs512: { from: "good", key: "secret", alg: "HS512" },
    eternal: { from: "good", without: ["exp"], withoutHeader: ["kid"], header: { typ: "JWT" } },
    again: { from: "eternal", payload: { exp: { now: "-61s" }, list: [{ now: "1h" }], sub: null } },
    text: { key: "rsa", payload: '{"exp":${now+5},"exp":${now-5}}', header: '{"alg":"RS256","kid":7}' },
    octets: { key: "rsa", payload: { $hex: "7bff7d" } },
    section: { key: "rsa", payload: { $section: "e30=" } },
    none: { from: "good", alg: "none", signature: "none" },
    crit: { from: "good", header: { crit: ["b64"], b64: false } },
    forged: { from: "good", signature: { by: "other" } },
    der: { from: "p256", signature: { der: true } },
    flipped: { from: "good", signature: { flip: 9 } },
    longer: { from: "good", signature: { append: "00", suffix: "==" } },
    shorter: { from: "good", signature: { cut: 1 } },
    zeros: { from: "good", signature: { zeros: 64 } },
    loose: { from: "good", signature: { noncanonical: true } },
    four: { from: "good", text: "${header}.${payload}.${signature}.x" },
    self: { from: "self" },
  },
  jwks: {
    main: ["rsa", "p256", "p384", "p521", "ed", "secret", "rsa1024"],
    literal: { keys: [{ kty: "RSA", n: "${jwk:rsa.n}" }], private: [], more: { extra: 1 } },
    leaked: { keys: ["rsa", "p256"], private: ["rsa"], more: {} },
    broken: '{"keys": [',
  },
};

const names = new Names(definitions, around);
const fill = (text: string) => names.fill(text);
const keySet = async () => createLocalJWKSet(JSON.parse(await fill("${jwks:main}")) as JSONWebKeySet);

describe("tokens", () => {
  it.each([
    ["good", "rsa", "RS256"],
    ["p256", "p256", "ES256"],
    ["p384", "p384", "ES384"],
    ["p521", "p521", "ES512"],
    ["ed", "ed", "EdDSA"],
    ["secret", "secret", "HS256"],
    ["ps", "rsa", "PS384"],
    ["hs512", "secret", "HS512"],
  ])("jose takes %s for what it says", async (name, key, alg) => {
    const jwk = JSON.parse(await fill(`\${jwk:${key}}`)) as JWK;
    const verified = await jwtVerify(await fill(`\${token:${name}}`), await importJWK(jwk, alg), {
      currentDate: new Date(NOW * 1000),
    });
    expect(verified.protectedHeader).toEqual({ alg, kid: key });
    expect(verified.payload).toEqual({ iss: "https://a", sub: "alice", exp: NOW + 3600 });
  });

  it("stay the same within a run, and are others in the next", async () => {
    expect(await fill("${token:p256}")).toBe(await fill("${token:p256}"));
    expect(await new Names(definitions, around).fill("${token:p256}")).not.toBe(await fill("${token:p256}"));
  });

  it("are made from others", async () => {
    expect(JSON.parse(await fill("${claims:eternal}"))).toEqual({ iss: "https://a", sub: "alice" });
    expect(header(await fill("${header:eternal}"))).toEqual({ alg: "RS256", typ: "JWT" });
    expect(JSON.parse(await fill("${claims:again}"))).toEqual({
      iss: "https://a",
      sub: null,
      exp: NOW - 61,
      list: [NOW + 3600],
    });
    expect(header(await fill("${header:again}"))).toEqual({ alg: "RS256", typ: "JWT" });
    await expect(fill("${token:self}")).rejects.toThrow("token self is made from itself");
  });

  it("have sections as they are given", async () => {
    expect(await fill("${claims:text}")).toBe(`{"exp":${NOW + 5},"exp":${NOW - 5}}`);
    expect(header(await fill("${header:text}"))).toEqual({ alg: "RS256", kid: 7 });
    expect(await fill("${payload:octets}")).toBe(Buffer.from("7bff7d", "hex").toString("base64url"));
    expect(await fill("${payload:section}")).toBe("e30=");
    expect(await fill("${padded:octets}")).toBe("e_99");
    expect(await fill("${token:four}")).toBe(`${await fill("${token:good}")}.x`);
    expect(await fill("${token:none}")).toMatch(/^[\w-]+\.[\w-]+\.$/);
    expect(header(await fill("${header:crit}"))).toMatchObject({ crit: ["b64"], b64: false });
  });

  it("have signatures that are not right", async () => {
    const keys = await keySet();
    for (const name of ["forged", "flipped", "longer", "shorter", "zeros", "der"]) {
      await expect(compactVerify(await fill(`\${token:${name}}`), keys), name).rejects.toThrow();
    }
    const [good, loose] = [await signature("good"), await signature("loose")];
    expect(loose).not.toBe(good);
    expect(Buffer.from(loose, "base64url")).toEqual(Buffer.from(good, "base64url"));
    expect((await signature("longer")).endsWith("==")).toBe(true);
  });

  it.each(["p256", "p384", "p521"])("have the other signature of two that %s allows", async (key) => {
    const own = new Names({ ...definitions, tokens: { high: { key, signature: { highS: true } } } }, around);
    const token = await own.fill("${token:high}");
    const octets = Buffer.from(token.split(".")[2] ?? "", "base64url");
    const s = octets.subarray(octets.length / 2);
    // Half the order begins with 7f, or with 00ff where the order has 521 bits.
    expect(key === "p521" ? s[0] === 1 || s[1] === 0xff : (s[0] ?? 0) >= 0x7f).toBe(true);
    await compactVerify(token, await keySet());
  });
});

describe("keys", () => {
  it("are made once for all files that define them alike", async () => {
    const elsewhere = new Names({ keys: { rsa: { kty: "RSA" }, rsa2: { kty: "RSA" } } }, around);
    expect(await elsewhere.fill("${jwk:rsa}")).toBe(await fill("${jwk:rsa}"));
    expect(await elsewhere.fill("${jwk:rsa2.n}")).not.toBe(await fill("${jwk:rsa.n}"));
  });

  it("show the members that they are told to", async () => {
    expect(JSON.parse(await fill("${jwk:bare}"))).toEqual({ kty: "RSA", e: "AQAB", use: "sig" });
    expect(JSON.parse(await fill("${jwk:p521}"))).toMatchObject({ kid: "p521", alg: "ES512", crv: "P-521" });
    const given = { kty: "oct", k: "AAEC", kid: "x" };
    const fixed = new Names({ keys: { fixed: { given } } }, around);
    expect(JSON.parse(await fixed.fill("${jwk:fixed}"))).toEqual({ ...given, kid: "fixed", alg: "HS256" });
  });

  it("can be an attacker's secrets", async () => {
    const pem = await fill("${pem:rsa}");
    const spki = createPublicKey(pem).export({ format: "der", type: "spki" });
    expect(Buffer.from(await fill("${jwk:pem.k}"), "base64url").toString()).toBe(pem);
    expect(await fill("${jwk:der.k}")).toBe(spki.toString("base64url"));
    expect(Buffer.from(await fill("${jwk:jwk.k}"), "base64url").toString()).toBe(await fill("${jwk:rsa}"));
  });

  it("are one of several kinds", () => {
    expect(KeyDefinition.safeParse({ kid: "x" }).error?.message).toContain(
      "a key has one of kty, from and given",
    );
    expect(TokenDefinition.safeParse({}).error?.message).toContain("a token has a key");
  });
});

describe("key sets", () => {
  it("are text, keys, literal JWKs and private ones", async () => {
    expect(await fill("${jwks:broken}")).toBe('{"keys": [');
    const literal = JSON.parse(await fill("${jwks:literal}")) as object;
    expect(literal).toEqual({ keys: [{ kty: "RSA", n: await fill("${jwk:rsa.n}") }], extra: 1 });
    const leaked = JSON.parse(await fill("${jwks:leaked}")) as { keys: { d?: string }[] };
    expect(leaked.keys.map(({ d }) => d !== undefined)).toEqual([true, false]);
    await importJWK({ ...leaked.keys[0] }, "RS256");
  });

  it("are served as the script says", async () => {
    const script = { "/keys": [{ status: 500 }, { jwks: "main" }, { huge: 100 }], "/x": { body: "${now}" } };
    const plan = await new Names({ ...definitions, jwksServer: JwksScript.parse(script) }, around).plan();
    expect(plan.next("/keys?x=1").status).toBe(500);
    expect(plan.next("/keys").body.toString()).toBe(await fill("${jwks:main}"));
    expect([plan.next("/keys").body.length, plan.next("/keys").body.length]).toEqual([100, 100]);
    expect(plan.next("/main").status).toBe(200);
    expect(plan.next("/x").body.toString()).toBe(String(NOW));
    expect(plan.next("/nothing").status).toBe(404);
    expect([plan.fetches("/keys"), plan.fetches("/never"), plan.total]).toEqual([4, 0, 7]);
  });
});

describe("names", () => {
  it("are filled in wherever they stand, in names of members too", async () => {
    const value = { "http.${statPrefix}.x": [{ a: "${cluster:jwks}/${now-1}" }], n: 1, no: null };
    expect(await names.fill(value)).toEqual({
      "http.case-0.x": [{ a: `jwks-case-0/${NOW - 1}` }],
      n: 1,
      no: null,
    });
    expect(await fill("${repeat:ab*3}")).toBe("ababab");
  });

  it("leave everything else alone", async () => {
    const value = { regex: "^${x}$", odd: "${unknown:x} $now ${now", none: [] };
    expect(await names.fill(value)).toBe(value);
  });

  it("must be known", async () => {
    await expect(fill("${token:nobody}")).rejects.toThrow("there is no token nobody; there are: good, ");
    await expect(fill("${jwks:nobody}")).rejects.toThrow("there is no key set nobody; there are: main, ");
    await expect(fill("${jwk:nobody}")).rejects.toThrow("there is no key nobody; there are: rsa, ");
    await expect(fill("${cluster:nobody}")).rejects.toThrow("there is no such cluster");
  });
});

function header(section: string): unknown {
  return JSON.parse(Buffer.from(section, "base64url").toString());
}

async function signature(name: string): Promise<string> {
  return fill(`\${signature:${name}}`);
}
