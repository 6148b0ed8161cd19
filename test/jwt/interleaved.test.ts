import { readFile } from "node:fs/promises";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { Host, startPlugin } from "../../harness/host/index.js";
import { P256, set } from "./key-material.js";

// Requests share their plugin's memory; what one of them holds must never decide another.

let module: WebAssembly.Module;
let tokens: Readonly<Record<"held" | "refused" | "alice", string>>;

beforeAll(async () => {
  const { outFile } = await compile({ entry: "filters/jwt-authn/index.ts" });
  module = new WebAssembly.Module(await readFile(outFile));
  const token = (issuer: string, subject: string) =>
    new SignJWT({ sub: subject })
      .setProtectedHeader({ alg: "ES256" })
      .setIssuer(issuer)
      .setExpirationTime("1h")
      .sign(P256.key);
  tokens = {
    held: await token("held", "h"),
    refused: await token("refused", "r"),
    alice: await token("local", "alice"),
  };
});

const jwks = (cluster: string, timeout = "5s") => ({
  remote_jwks: { http_uri: { uri: `http://${cluster}/keys`, cluster, timeout } },
});

describe.each(["strict", "envoy"])("mode %s", (mode) => {
  test("a fetch that cannot be sent lets no other request's token decide", () => {
    const provider = (issuer: string, header: string, source: object) => ({
      issuer,
      from_headers: [{ name: header }],
      forward_payload_header: "x-payload",
      ...source,
    });
    const local = { local_jwks: { inline_string: JSON.stringify(set(P256.jwk)) } };
    const alternatives = [{ provider_name: "refused" }, { provider_name: "local" }];
    const plugin = startPlugin(module, {
      configuration: {
        mode,
        providers: {
          held: provider("held", "h-held", jwks("slow")),
          refused: provider("refused", "h-refused", jwks("unknown")),
          local: provider("local", "h-local", local),
        },
        rules: [
          { match: { path: "/held" }, requires: { provider_name: "held" } },
          { match: { prefix: "/" }, requires: { requires_any: { requirements: alternatives } } },
        ],
      },
      // The other one is unknown, so that asking it fails at once.
      clusters: ["slow"],
      callouts: { slow: null },
    });
    // It waits for keys, with a good token of alice's in another header.
    plugin.request({ path: "/held", headers: { "h-held": tokens.held, "h-local": tokens.alice } });
    const other = plugin.request({ path: "/other", headers: { "h-refused": tokens.refused } });
    expect(other.response.status).toBe(401);
    expect(other.response.text).toBe("Jwks remote fetch is failed");
  });
});

const fetching = (timeout: string) => ({
  providers: { held: { issuer: "held", ...jwks("slow", timeout) } },
  rules: [{ match: { prefix: "/" }, requires: { provider_name: "held" } }],
});
const shared = fetching("5s");
const keys = { body: JSON.stringify(set(P256.jwk)) };

test("keys that a configuration was fetching when it was replaced are fetched by the next one", () => {
  const worker = new Host().startVm(module);
  const old = worker.startPlugin({ configuration: shared });
  old.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  expect(old.callouts).toHaveLength(1);
  old.stop();
  const next = worker.startPlugin({ configuration: { ...shared, stat_prefix: "next" } });
  const request = next.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  next.callout.respond(keys);
  expect(request.response.status).toBe(200);
});

test("whoever waits for keys that a replaced configuration was fetching fetches them", () => {
  const worker = new Host().startVm(module);
  const old = worker.startPlugin({ configuration: shared });
  const next = worker.startPlugin({ configuration: { ...shared, stat_prefix: "next" } });
  old.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  next.advance(1000);
  const request = next.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  next.advance(100);
  expect(next.callouts).toHaveLength(0);
  old.stop();
  next.advance(100);
  // Nobody waits longer for it than for the call that is gone.
  expect(next.callout.timeoutMs).toBeLessThan(4400 + 1);
  next.callout.respond(keys);
  expect(request.response.status).toBe(200);
});

test("nobody waits longer for another configuration's fetch than for one of their own", () => {
  const worker = new Host().startVm(module);
  const patient = worker.startPlugin({ configuration: fetching("60s") });
  const next = worker.startPlugin({ configuration: fetching("2s") });
  patient.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  const request = next.request({ headers: { authorization: `Bearer ${tokens.held}` } });
  next.advance(3000);
  expect(next.callouts).toHaveLength(0);
  expect(request.response.status).toBe(401);
  expect(patient.callouts).toHaveLength(1);
});

test("nothing is done for a request that has ended while it waited", () => {
  // Envoy still knows a stream for a moment after its end, lets modules act on it, and crashes (measured on 1.40.0).
  const plugin = startPlugin(module, { configuration: shared });
  plugin.request({ headers: { authorization: `Bearer ${tokens.held}` } }).abort();
  plugin.clearTimings();
  plugin.callout.respond(keys);
  const called = plugin.timings().filter(({ count }) => count > 0);
  const names = called.map(({ name }) => name);
  expect(names).toContain("proxy_on_http_call_response");
  expect(names).not.toContain("proxy_set_effective_context");
});
