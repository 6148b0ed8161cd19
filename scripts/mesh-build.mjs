// Builds the real control planes and packaging tools that `npm run test:mesh` talks to, from their Go modules, and keeps
// them in the cache. The first time takes ten to twenty minutes on two cores; afterwards a second. Prints a line for each:
// its name and its file. With `--list` it builds nothing, and prints those that are there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../test/mesh/go", import.meta.url));
// As harness/envoy/cache.ts has it.
const home = homedir() || userInfo().homedir;
const cache = process.env.TREMULA_CACHE
  ? resolve(process.env.TREMULA_CACHE)
  : join(process.env.XDG_CACHE_HOME || join(home, ".cache"), "tremula");

/** What is built: the module's folder, and the arguments of `go` but for the output. */
const BINARIES = {
  "istio-discovery": ["istio", "test", "-c", "-o", "{}", "."],
  "istio-fetch": ["istio", "build", "-o", "{}", "./fetch"],
  "istio-agent": ["istio", "build", "-o", "{}", "./agent"],
  "istio-analyze": ["istio", "build", "-o", "{}", "./analyze"],
  istioctl: ["istio", "build", "-o", "{}", "istio.io/istio/istioctl/cmd/istioctl"],
  "envoy-gateway": ["gateway", "build", "-o", "{}", "github.com/envoyproxy/gateway/cmd/envoy-gateway"],
  helm: ["packaging", "build", "-o", "{}", "helm.sh/helm/v3/cmd/helm"],
  kustomize: ["packaging", "build", "-o", "{}", "sigs.k8s.io/kustomize/kustomize/v5"],
};

const isListing = process.argv.includes("--list");
if (!isListing && spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) {
  process.stderr.write("mesh-build: Go is not on PATH: what is not built yet stays so\n");
  process.exit(0);
}

let failed = false;
for (const [name, [module, ...args]] of Object.entries(BINARIES)) {
  const source = join(modules, module);
  const target = join(cache, "mesh", fingerprint(source), name);
  if (!isListing && !existsSync(target)) failed = !build(name, source, target, args) || failed;
  if (existsSync(target)) process.stdout.write(`${name} ${target}\n`);
}
process.exit(failed ? 1 : 0);

/** Builds to the side, so that what is there is whole. */
function build(name, cwd, target, args) {
  process.stderr.write(`mesh-build: building ${name}\n`);
  mkdirSync(join(target, ".."), { recursive: true });
  const part = `${target}.part`;
  const { status } = spawnSync(
    "go",
    args.map((arg) => (arg === "{}" ? part : arg)),
    {
      cwd,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, GOFLAGS: `${process.env.GOFLAGS ?? ""} -mod=readonly`.trim() },
    },
  );
  if (status === 0) renameSync(part, target);
  else process.stderr.write(`mesh-build: ${name} does not build\n`);
  return status === 0;
}

/** Of all that a module consists of. */
function fingerprint(folder) {
  const hash = createHash("sha256");
  for (const entry of readdirSync(folder, { recursive: true }).sort()) {
    const file = join(folder, entry);
    if (statSync(file).isFile()) hash.update(entry).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
