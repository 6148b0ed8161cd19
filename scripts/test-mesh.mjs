// The tests with real control planes: builds what they need (scripts/mesh-build.mjs) where Go is there, runs them, and says
// what was skipped. `--built` builds nothing: what is not in the cache is skipped. Other arguments go to Vitest.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = (args, stdio) => spawnSync(process.execPath, args, { stdio, encoding: "utf8" });

const args = process.argv.slice(2).filter((arg) => arg !== "--built");
// A tool that does not build is skipped by the tests that need it, and fails the whole in the end.
const built = args.length < process.argv.length - 2 ? 0 : run([script("mesh-build.mjs")], "inherit").status;
const there = run([script("mesh-build.mjs"), "--list"], ["ignore", "pipe", "inherit"]).stdout;
if (there === "") {
  process.stdout.write(
    "no control plane is built, and Go is needed to build one: all of these tests are skipped\n",
  );
  process.stdout.write("tests: 0 passed, 0 failed\n");
} else {
  const tests = run([script("test.mjs"), "--config", "vitest.mesh.config.ts", ...args], "inherit");
  process.exit(tests.status === 0 ? (built ?? 1) : (tests.status ?? 1));
}
