import type { Command } from "commander";
import * as build from "./build.js";
import * as conformance from "./conformance.js";
import * as demo from "./demo.js";
import * as inspect from "./inspect.js";

/** Every command, in the order that the help shows them. */
export const commands: readonly ((program: Command) => void)[] = [
  demo.register,
  build.register,
  inspect.register,
  conformance.register,
];
