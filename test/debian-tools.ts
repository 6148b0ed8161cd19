import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether Debian's tools are there; root gets them installed. Otherwise says why not. */
export async function toolsMissing(...packages: readonly string[]): Promise<string | null> {
  const missing: string[] = [];
  for (const name of packages) if (!(await works(name))) missing.push(name);
  if (missing.length === 0) return null;
  if (process.getuid?.() !== 0) return `${missing.join(", ")} not on PATH, and only root can install it`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-qq"], { env, timeout: 240_000 });
    await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing], { env, timeout: 240_000 });
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
