// Runs every test layer, passes arguments on to Vitest, and ends with one line of totals.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = join(root, "build", "test-results.json");
mkdirSync(join(root, "build"), { recursive: true });
rmSync(results, { force: true });

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);

let report;
try {
  report = JSON.parse(readFileSync(results, "utf8"));
} catch {
  process.stdout.write("no test ran to its end\ntests: 0 passed, 1 failed\n");
  process.exit(1);
}
const { numPassedTests: passed, numFailedTests, numPendingTests, numFailedTestSuites } = report;
// A file that does not load has no tests of its own to fail, but has failed all the same.
const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
if (numPendingTests > 0)
  process.stdout.write(`${numPendingTests} skipped, each with its reason in its name\n`);
const ok = status === 0 && failed === 0 && passed > 0;
process.stdout.write(`tests: ${passed} passed, ${ok ? 0 : Math.max(failed, 1)} failed\n`);
process.exit(ok ? 0 : 1);
