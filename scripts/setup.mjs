// Makes a checkout ready: dependencies as the lockfile says, and the harness compiled. Does nothing when both are.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installedLock = join(root, "node_modules", ".tremula-lock");
const buildInfo = join(root, "dist", ".tsbuildinfo");

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) fail(`Node ${process.versions.node} is too old: Tremula needs Node 20 or newer`);

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
if (!existsSync(installedLock) || readFileSync(installedLock, "utf8") !== lock) {
  run("installing dependencies", "npm", [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  writeFileSync(installedLock, lock);
}
if (isStale()) {
  run("compiling the harness", process.execPath, [
    join("node_modules", "typescript", "bin", "tsc"),
    "-p",
    "tsconfig.json",
  ]);
}

/** Whether a source of the harness, or what it is compiled with, is newer than the last compilation. */
function isStale() {
  if (!existsSync(buildInfo)) return true;
  const built = statSync(buildInfo).mtimeMs;
  const sources = readdirSync(join(root, "harness"), { recursive: true }).map((name) =>
    join("harness", name),
  );
  return [...sources, "tsconfig.json", installedLock.slice(root.length)].some(
    (name) => statSync(join(root, name)).mtimeMs > built,
  );
}

function run(what, command, args) {
  process.stderr.write(`${what}\n`);
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) return;
  process.stderr.write(stdout ?? "");
  fail(`${what} failed${error ? `: ${error.message}` : ""}`);
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(3);
}
