import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether Debian's tools are there; root gets them installed. Otherwise says why not. */
export async function toolsMissing(...packages: readonly string[]): Promise<string | null> {
  const missing: string[] = [];
  for (const name of packages) if (!(await works(name))) missing.push(name);
  if (missing.length === 0) return null;
  if (process.getuid?.() !== 0) return `${missing.join(", ")} not on PATH, and only root can install it`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // One after the other: files of tests that run at the same time want tools too, and apt-get waits for nobody.
  const lock = join(tmpdir(), "tremula-apt-get.lock");
  const aptGet = (...args: string[]) =>
    run("flock", [lock, "apt-get", "-o", "DPkg::Lock::Timeout=240", ...args], { env, timeout: 480_000 });
  try {
    await aptGet("update", "-qq");
    await aptGet("install", "-y", "--no-install-recommends", ...missing);
    return null;
  } catch (error) {
    return `apt-get does not install ${missing.join(", ")}: ${(error as Error).message.split("\n")[0]}`;
  }
}

async function works(command: string): Promise<boolean> {
  return run(command, ["--version"]).then(
    () => true,
    () => false,
  );
}
