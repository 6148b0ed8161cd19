import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HarnessError } from "../errors.js";
import { onAbruptEnd } from "./cleanup.js";
import { readConfig } from "./config.js";
import { explainLog, type ConfigSource } from "./explain.js";
import { lastLines } from "./log.js";
import { runCommand } from "./run-command.js";

const TIMEOUT_MS = 60_000;

/** A binary, or what comes before Envoy's own arguments to have a config checked: `docker run …`. */
type Validator = string | ((configPath: string) => [string, ...string[]]);

async function validate(
  envoy: Validator,
  configPath: string,
  source: ConfigSource,
  cwd?: string,
): Promise<void> {
  const [command, ...before] = typeof envoy === "string" ? [envoy] : envoy(configPath);
  const args = [...before, "--mode", "validate", "-c", configPath, "-l", "warning"];
  const result = await runCommand(command, args, { timeoutMs: TIMEOUT_MS, cwd });
  if (result.code === 0) return;
  const log = result.stdout + result.stderr;
  const explained = explainLog(log, source, typeof envoy === "string" ? envoy : "this Envoy");
  if (explained !== undefined) throw explained;
  const how = result.timedOut
    ? `did not end within ${TIMEOUT_MS / 1000} s`
    : (result.spawnError?.message ?? `failed with ${result.signal ?? `code ${result.code}`}`);
  throw new HarnessError("CONFIG_INVALID", `${source.file}: envoy --mode validate ${how}\n${lastLines(log)}`);
}

/** Lets Envoy check a config file; throws a HarnessError in Envoy's own words when it does not accept it. */
export async function validateConfig(envoyPath: string, configPath: string): Promise<void> {
  await validate(envoyPath, configPath, { file: configPath, text: await readConfig(configPath) });
}

/** The same for a config that was made from a template: places are named in the template. */
export async function validateYaml(
  envoy: Validator,
  yaml: string,
  source: ConfigSource,
  cwd?: string,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tremula-validate-"));
  const forget = onAbruptEnd(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const path = join(dir, "envoy.yaml");
    await writeFile(path, yaml);
    await validate(envoy, path, source, cwd);
  } finally {
    forget();
    await rm(dir, { recursive: true, force: true });
  }
}
