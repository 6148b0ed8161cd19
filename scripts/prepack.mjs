// What the package ships and the repository does not keep: the compiled harness without what is left of older
// compilations, the filters' modules, ready to load, and a bill of materials. `npm pack` and `npm publish` run it.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist", "harness");

node(join("scripts", "setup.mjs"));

// The compiler leaves the output of sources that are gone.
for (const name of readdirSync(dist, { recursive: true }).map(String)) {
  const file = join(dist, name);
  if (!/\.(?:js|ts|map)$/.test(name)) continue;
  const source = join(root, "harness", name.replace(/(?:\.d\.ts|\.js|\.js\.map)$/, ".ts"));
  if (!existsSync(source)) rmSync(file, { force: true });
}

const filters = readdirSync(join(root, "filters")).filter((name) =>
  existsSync(join(root, "filters", name, "index.ts")),
);
node(join("dist", "harness", "cli.js"), "build", ...filters.map((name) => join("filters", name, "index.ts")));

const modules = join(root, "dist", "wasm");
mkdirSync(modules, { recursive: true });
const wanted = new Set(filters.map((name) => `${name}.wasm`));
for (const name of readdirSync(modules)) {
  if (name.endsWith(".wasm") && !wanted.has(name)) rmSync(join(modules, name), { force: true });
}
for (const name of wanted) {
  // Whole or not at all: somebody may be packing them.
  const part = join(modules, `${name}.${process.pid}.part`);
  copyFileSync(join(root, "build", name), part);
  renameSync(part, join(modules, name));
}

// Its library is there only once setup has run.
const { packageBill } = await import("./package-sbom.mjs");
writeFileSync(join(root, "dist", "sbom.cdx.json"), packageBill(root, modules));

/** On standard error: standard output is npm's, with the tarball's name. */
function node(...args) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"],
  });
  if (status === 0) return;
  process.stderr.write(`error: ${basename(args[0])} failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(status ?? 1);
}
