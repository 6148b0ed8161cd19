import type { Command } from "commander";

interface CommandModule {
  /** Adds the command to the program. */
  readonly register: (program: Command) => void;
}

/**
 * Every command by its name, in the order that the help shows them. Each is loaded when it is wanted: all of them take
 * longer to load than most of them to run, above all the compiler.
 */
export const commands: ReadonlyMap<string, () => Promise<CommandModule>> = new Map([
  ["demo", () => import("./demo.js")],
  ["envoy", () => import("./envoy.js")],
  ["init", () => import("./init.js")],
  ["build", () => import("./build.js")],
  ["run", () => import("./run.js")],
  ["inspect", () => import("./inspect.js")],
  ["conformance", () => import("./conformance.js")],
  ["bench", () => import("./bench.js")],
  ["telemetry", () => import("./telemetry.js")],
  ["explain-bytes", () => import("./explain-bytes.js")],
  ["generate", () => import("./generate.js")],
  ["protocol", () => import("./protocol.js")],
  ["vet", () => import("./vet.js")],
  ["migrate", () => import("./migrate.js")],
  ["push", () => import("./push.js")],
  ["pull", () => import("./pull.js")],
]);
