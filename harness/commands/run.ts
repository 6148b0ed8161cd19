import { InvalidArgumentError, Option, type Command } from "commander";
import { RunSession, type RunSettings } from "../envoy/session.js";
import { ExitCode, HarnessError } from "../errors.js";
import { Progress } from "../progress.js";
import type { PlaceholderValue } from "../envoy/index.js";
import { positiveInteger } from "./positive-integer.js";

interface RunOptions {
  docker?: true;
  envoy?: string;
  version?: string;
  concurrency: number;
  logLevel: string;
  componentLogLevel: string;
  set: Record<string, PlaceholderValue>;
}

const LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"];

/** Adds `tremula run` to the program. */
export function register(program: Command): void {
  program
    .command("run")
    .description(
      "start Envoy with a config and restart it when the config or a filter changes; Ctrl-C stops it",
    )
    .argument("<config.yaml>", "bootstrap config; relative paths in it start at the current folder")
    .option("--docker", "run Envoy in a container")
    .option("--envoy <path>", "Envoy binary to use")
    .option("--version <version>", "Envoy version to use")
    .option("--concurrency <n>", "worker threads", positiveInteger, 1)
    .addOption(new Option("--log-level <level>", "log level of Envoy").choices(LEVELS).default("warning"))
    .option("--component-log-level <levels>", "log levels of single components", "wasm:info")
    .option(
      "--set <name=value>",
      "value of a ${NAME} placeholder in the config; may be repeated",
      placeholder,
      {},
    )
    .action((config: string, options: RunOptions) => run(config, options));
}

/** `PORT=10000` adds a number and `NAME=text` a string; a placeholder in quotes takes either as text. */
function placeholder(
  text: string,
  values: Record<string, PlaceholderValue>,
): Record<string, PlaceholderValue> {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Expected NAME=VALUE.");
  const typed = /^(?:0|-?[1-9]\d{0,14})$/.test(value) ? Number(value) : value;
  return { ...values, [name]: value === "true" || value === "false" ? value === "true" : typed };
}

async function run(config: string, options: RunOptions): Promise<void> {
  if (options.docker === true && options.envoy !== undefined) {
    throw new HarnessError("USAGE", "--docker and --envoy exclude each other: a container runs an image", {
      exitCode: ExitCode.usage,
    });
  }
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  // Once: a second Ctrl-C ends everything at once.
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const settings: RunSettings = {
    file: config,
    values: options.set,
    host: options.docker === true ? "docker" : "local",
    path: options.envoy,
    version: options.version,
    concurrency: options.concurrency,
    logLevel: options.logLevel,
    componentLogLevel: options.componentLogLevel,
    progress: new Progress(),
    say: (line) => console.log(line),
    envoySays: (line) => process.stderr.write(`${line}\n`),
  };
  try {
    await new RunSession(settings, stop.signal).run();
  } catch (error) {
    // What the interruption broke off is no failure.
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
