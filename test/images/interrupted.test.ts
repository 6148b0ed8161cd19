import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { ScriptedServer } from "./scripted-server.js";

const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "dist/harness/cli.js");

let module: string;
beforeAll(async () => {
  module = (await compile({ entry: join(ROOT, "filters/rbac/index.ts") })).outFile;
});

it.each(["SIGINT", "SIGTERM"] as const)(
  "a push that ends by %s in the middle leaves no tag and no entry",
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), "tremula-interrupted-"));
    let reached = (): void => undefined;
    const uploading = new Promise<void>((resolve) => (reached = resolve));
    // An upload that begins, and never gets on.
    const server = await ScriptedServer.start((request, response) => {
      if (request.method === "HEAD") response.writeHead(404).end();
      else if (request.method === "POST")
        response.writeHead(202, { location: "/v2/a/blobs/uploads/1" }).end();
      else reached();
    });
    try {
      const images = join(folder, "images.json");
      const args = [CLI, "push", module, `oci://${server.address}/a:1`, "--images", images];
      const child = spawn(process.execPath, args, { stdio: "ignore" });
      const exit = once(child, "exit");
      await Promise.race([uploading, exit]);
      child.kill(signal);
      expect(await exit).toEqual([null, signal]);
      expect(server.asked.map(({ line }) => line)).toContain("PATCH /v2/a/blobs/uploads/1");
      expect(server.asked.filter(({ line }) => line.startsWith("PUT"))).toEqual([]);
      expect(existsSync(images)).toBe(false);
    } finally {
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
