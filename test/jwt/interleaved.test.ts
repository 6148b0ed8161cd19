import { readFile } from "node:fs/promises";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { startPlugin } from "../../harness/host/index.js";
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

const jwks = (cluster: string) => ({
  remote_jwks: { http_uri: { uri: `http://${cluster}/keys`, cluster, timeout: "5s" } },
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
