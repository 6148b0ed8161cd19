import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findLoadGenerator, runLoad, type LoadGenerator, type LoadSpec } from "../../harness/bench/load.js";
import { runAutocannon } from "../../harness/bench/load-autocannon.js";
import type { Request } from "../../harness/bench/types.js";
import { startEcho, type EchoServer } from "../../harness/upstream/index.js";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho({ recordLimit: 10 });
});
afterAll(() => echo.close());
beforeEach(() => echo.clear());

const spec = (request: Request): LoadSpec => ({
  host: "127.0.0.1",
  port: echo.port,
  connections: 2,
  seconds: 1,
  request,
});

const found = await findLoadGenerator();
const autocannon: LoadGenerator = { name: "autocannon", run: runAutocannon };
const generators = found.name === autocannon.name ? [autocannon] : [found, autocannon];

describe.each(generators)("$name", (generator) => {
  test("sends the request as it is given and counts the answers", async () => {
    const headers = { "x-name": `a"b\\c [d] =\te`, "x-echo-body": "ok" };
    const request = { method: "POST", path: "/p?q=1", headers, body: `{"a": "]]"}` };
    const before = echo.total;
    const result = await runLoad(generator, spec(request), "test");
    const sent = echo.total - before;
    const [seen] = echo.requests();
    expect(seen).toMatchObject({ method: "POST", path: "/p?q=1" });
    expect(Buffer.from(seen?.body.base64 ?? "", "base64").toString()).toBe(request.body);
    expect(seen?.headers).toEqual(expect.arrayContaining([["x-name", headers["x-name"]]]));
    // The last answers may be on their way when the time is up.
    expect(sent - result.requests).toBeGreaterThanOrEqual(0);
    expect(sent - result.requests).toBeLessThanOrEqual(4);
    expect(result.latency.maxMicros).toBeGreaterThanOrEqual(result.latency.p50Micros);
    expect(result.seconds).toBeGreaterThan(0.9);
  });

  test("fails for another class of status than the wanted one", async () => {
    const denied = { path: "/", headers: { "x-echo-status": "403", "x-echo-body": "no" } };
    await expect(runLoad(generator, spec(denied), "what")).rejects.toThrow(
      /^what: \d+ of \d+ requests failed: \d+ x wrong/,
    );
    await expect(runLoad(generator, spec({ ...denied, status: 403 }), "what")).resolves.toMatchObject({
      errors: 0,
    });
    await expect(runLoad(generator, spec({ path: "/", status: 403 }), "what")).rejects.toThrow(
      "wrong status",
    );
  });

  test("fails for connections that break", async () => {
    const broken = { path: "/", headers: { "x-echo-abort": "close" } };
    await expect(runLoad(generator, spec(broken), "what")).rejects.toThrow("what: ");
  });
});
