#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";
import { commands } from "./commands/index.js";
import { ExitCode, HarnessError } from "./errors.js";
import { PACKAGE_ROOT } from "./package-root.js";

const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as {
  version: string;
};

// The packages that the commands load say it in stacks.
if (Number.parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(`error: Node ${process.versions.node} is too old: Tremula needs Node 20 or newer\n`);
  process.exit(ExitCode.environment);
}

const program = new Command("tremula")
  .description("Extend stock Envoy in TypeScript.")
  .version(version)
  // So that a command may have a --version of its own.
  .enablePositionalOptions()
  .showSuggestionAfterError()
  .configureOutput({
    outputError: (text, write) => write(`${pc.red("error:")} ${text.replace(/^error: /, "")}`),
  })
  .exitOverride();
// The help, and what is no command, need them all.
const named = commands.get(process.argv[2] ?? "");
const wanted = named === undefined ? [...commands.values()] : [named];
for (const { register } of await Promise.all(wanted.map((load) => load()))) register(program);
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Prints an error as the user should see it and says which exit code it means. */
function report(error: unknown): number {
  // Commander has printed its own: help and version end with 0, what was mistyped with 2.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (error instanceof HarnessError) {
    process.stderr.write(`${pc.red("error:")} ${error.message}\n`);
    if (error.hint !== undefined) process.stderr.write(`${error.hint}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${pc.red("error:")} ${error instanceof Error ? error.stack : String(error)}\n`);
  return ExitCode.checkFailed;
}
