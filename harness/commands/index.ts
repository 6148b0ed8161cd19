import type { Command } from "commander";
import * as bench from "./bench.js";
import * as build from "./build.js";
import * as conformance from "./conformance.js";
import * as demo from "./demo.js";
import * as envoy from "./envoy.js";
import * as generate from "./generate.js";
import * as explainBytes from "./explain-bytes.js";
import * as init from "./init.js";
import * as inspect from "./inspect.js";
import * as migrate from "./migrate.js";
import * as protocol from "./protocol.js";
import * as pull from "./pull.js";
import * as push from "./push.js";
import * as run from "./run.js";
import * as telemetry from "./telemetry.js";
import * as vet from "./vet.js";

/** Every command, in the order that the help shows them. */
export const commands: readonly ((program: Command) => void)[] = [
  demo.register,
  envoy.register,
  init.register,
  build.register,
  run.register,
  inspect.register,
  conformance.register,
  bench.register,
  telemetry.register,
  explainBytes.register,
  generate.register,
  protocol.register,
  vet.register,
  migrate.register,
  push.register,
  pull.register,
];
