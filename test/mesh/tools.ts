import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute } from "./execute.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What scripts/mesh-build.mjs builds. */
export type MeshTool =
  | "istio-agent"
  | "istio-analyze"
  | "istio-discovery"
  | "istio-fetch"
  | "istioctl"
  | "envoy-gateway"
  | "helm"
  | "kustomize";

let files: ReadonlyMap<string, string> | undefined;

/** The file of a tool, or null where it is not built. */
export function meshTool(name: MeshTool): string | null {
  files ??= new Map(
    execFileSync(process.execPath, [join(ROOT, "scripts/mesh-build.mjs"), "--list"], { encoding: "utf8" })
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const at = line.indexOf(" ");
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
  return files.get(name) ?? null;
}

/** Why tests with these tools cannot run, or null. */
export function meshToolsMissing(...names: readonly MeshTool[]): string | null {
  const missing = names.filter((name) => meshTool(name) === null);
  return missing.length === 0 ? null : `${missing.join(", ")} not built: npm run test:mesh with Go does`;
}

/** The sources of the Istio that the tools are built from, in Go's module cache; null where they are not. */
export async function istioSources(): Promise<string | null> {
  const version = /istio\.io\/istio (\S+)/.exec(
    readFileSync(join(ROOT, "test/mesh/go/istio/go.mod"), "utf8"),
  )?.[1];
  const { code, stdout } = await execute("go", ["env", "GOMODCACHE"]);
  const folder = join(stdout.trim(), `istio.io/istio@${version}`);
  return code === 0 && existsSync(folder) ? folder : null;
}
