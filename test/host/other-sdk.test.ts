import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LogLevel, type Plugin, startPlugin } from "../../harness/host/index.js";
import { ROOT } from "./support.js";

const SOURCE = join(ROOT, "test/fixtures/go-filter");
const MODULE = join(ROOT, "build/go-filter.wasm");
/** Go's own installer puts it here, and on nobody's PATH. */
const PATH = [process.env["PATH"] ?? "", "/usr/local/go/bin"].join(delimiter);
const MINUTE_MS = 60_000;

/** Why the filter cannot be built here; null when it can, or is built already. */
function missing(): string | null {
  if (isFresh()) return null;
  try {
    const version = /go(\d+)\.(\d+)/.exec(go("version"));
    return Number(version?.[2] ?? 0) >= 24 ? null : `needs Go 1.24, found ${version?.[0] ?? "another"}`;
  } catch {
    return "no Go here";
  }
}

function isFresh(): boolean {
  if (!existsSync(MODULE)) return false;
  const inputs = ["main.go", "go.mod", "go.sum"].map((name) => statSync(join(SOURCE, name)).mtimeMs);
  return Math.max(...inputs) <= statSync(MODULE).mtimeMs;
}

function go(...args: string[]): string {
  const env = { ...process.env, PATH, GOOS: "wasip1", GOARCH: "wasm" };
  return execFileSync("go", args, { cwd: SOURCE, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const why = missing();

describe.skipIf(why !== null)(`a filter on the Go SDK${why === null ? "" : ` (skipped: ${why})`}`, () => {
  let module: WebAssembly.Module;
  let plugin: Plugin;

  beforeAll(async () => {
    await mkdir(join(ROOT, "build"), { recursive: true });
    if (!isFresh()) go("build", "-buildmode=c-shared", "-o", MODULE, ".");
    module = await WebAssembly.compile(await readFile(MODULE));
    plugin = startPlugin(module, { configuration: "hello" });
  }, 5 * MINUTE_MS);

  it("serves requests, with headers, properties, metrics and a log", () => {
    const stream = plugin.request({ headers: { "x-name": "ada" } });
    expect(stream.response.headers.get("x-greeting")).toBe("hello, ada");
    expect(stream.response.headers.get("x-code-size")).toBe("8");
    expect(stream.finished).toBe(true);
    expect(plugin.request().response.headers.get("x-greeting")).toBe("hello, nobody");
    expect(plugin.counter("go.requests")).toBe(2);
    expect(plugin.logs(LogLevel.Info)).toContain("done with ada");
  });

  it("holds a body until it is whole, and changes it", () => {
    const stream = plugin.request({ body: ["one, ", "two", ""] });
    expect(stream.upstreamRequest.text).toBe("one, two (21)");
  });

  it("answers itself", () => {
    const stream = plugin.request({ headers: { "x-name": "mallory" } });
    expect(stream.reachedUpstream).toBe(false);
    expect(stream.response.status).toBe(403);
    expect(stream.response.text).toBe("no");
    expect(stream.response.headers.get("x-why")).toBe("mallory");
  });

  it("calls out, and continues the stream that asked", () => {
    const stream = plugin.request({ headers: { "x-name": "ask" } });
    expect(stream.held.request).toBe(true);
    plugin.callout.respond({ body: "grace" });
    expect(stream.response.headers.get("x-greeting")).toBe("hello, grace");
  });

  it("refuses its configuration", () => {
    expect(() => startPlugin(module, { configuration: "refuse" })).toThrow("refused on purpose");
  });

  it("panics as a trap", () => {
    const broken = startPlugin(module, { configuration: "hello" });
    expect(() => broken.request({ headers: { "x-name": "trap" } })).toThrow(/proxy_on_request_headers/);
    expect(broken.logs(LogLevel.Error).join("\n")).toContain("on purpose");
  });
});
