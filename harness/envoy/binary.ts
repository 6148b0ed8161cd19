import { open } from "node:fs/promises";
import { ExitCode, HarnessError } from "../errors.js";
import { runCommand, type CommandResult } from "./run-command.js";

/** What `envoy --version` says. */
export interface EnvoyVersion {
  /** `1.40.0` */
  readonly version: string;
  /** `<commit>/1.40.0/Clean/RELEASE/BoringSSL` */
  readonly build: string;
}

// "envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL"; distributions put a suffix behind the number.
const VERSION = /version: (\S*\/(\d+\.\d+\.\d+)[^/\s]*\/\S+)/;

const MACHINES: Readonly<Record<number, string>> = { 0x03: "x86", 0x3e: "x64", 0xb7: "arm64" };

/** The processor that a Linux binary is built for, by Node's name for it; undefined for other files. */
async function builtFor(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const header = Buffer.alloc(20);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (bytesRead < header.length || header.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
    const machine = header.readUInt16LE(18);
    return MACHINES[machine] ?? `machine type ${machine}`;
  } finally {
    await file.close();
  }
}

async function whyNot(path: string, result: CommandResult): Promise<string> {
  switch (result.spawnError?.code) {
    case "ENOENT":
      return `there is no ${path}, or the loader that it names is missing`;
    case "EACCES":
      return `${path} is not executable`;
    case undefined:
      break;
    default:
      return `${path}: ${result.spawnError?.message ?? ""}`;
  }
  // Looked up only now: an emulator may run a binary of another machine.
  const machine = await builtFor(path);
  if (machine !== undefined && machine !== process.arch) {
    return `${path} is built for ${machine}, this machine is ${process.arch}`;
  }
  if (result.timedOut) return `${path} --version did not end within 20 s`;
  const said = (result.stderr.trim() || result.stdout.trim()).split("\n")[0] ?? "";
  if (result.signal !== null) return `${path} --version died of ${result.signal}`;
  if (result.code !== 0) return `${path} --version failed: ${said || `exit code ${result.code}`}`;
  return `${path} is not an Envoy: --version says ${JSON.stringify(said.slice(0, 100))}`;
}

/** Asks a binary for its version; a HarnessError in one line when it cannot run or is not an Envoy. */
export async function readVersion(path: string, signal?: AbortSignal): Promise<EnvoyVersion> {
  const result = await runCommand(path, ["--version"], { timeoutMs: 20_000, signal });
  signal?.throwIfAborted();
  const match = result.code === 0 ? VERSION.exec(result.stdout) : null;
  if (match?.[1] !== undefined && match[2] !== undefined) return { version: match[2], build: match[1] };
  throw new HarnessError("ENVOY_UNUSABLE", `this Envoy cannot be used: ${await whyNot(path, result)}`, {
    exitCode: ExitCode.environment,
    hint: "name another one with --envoy PATH or TREMULA_ENVOY, or let Tremula install one",
  });
}

// The smallest config that makes Envoy create a Wasm VM; the module is empty, so every Envoy refuses it.
const PROBE = JSON.stringify({
  static_resources: {
    listeners: [
      {
        name: "probe",
        address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
        filter_chains: [{ filters: [wasmFilter("AGFzbQEAAAA="), terminalFilter()] }],
      },
    ],
  },
});

function wasmFilter(inlineBytes: string): object {
  const vmConfig = { runtime: "envoy.wasm.runtime.v8", code: { local: { inline_bytes: inlineBytes } } };
  const type = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
  return { name: "wasm", typed_config: { "@type": type, config: { vm_config: vmConfig } } };
}

function terminalFilter(): object {
  const type = "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo";
  return { name: "echo", typed_config: { "@type": type } };
}

/** Whether Envoy's own words say that it was built without V8, or without the Wasm extensions altogether. */
export const lacksV8 = (log: string): boolean =>
  /Envoy was compiled without support for it|could not find @type '[^']*\.wasm\.v3\./.test(log);

/** Whether an Envoy can run filters at all: some builds have no V8. Takes one validation, about 50 ms. */
export async function hasV8(path: string, signal?: AbortSignal): Promise<boolean> {
  const args = ["--mode", "validate", "--config-yaml", PROBE, "-l", "warning"];
  const result = await runCommand(path, args, { timeoutMs: 20_000, signal });
  signal?.throwIfAborted();
  return !lacksV8(result.stdout + result.stderr);
}

/** The error for an Envoy that has no V8, whichever way that came out. */
export function withoutV8(who: string): HarnessError {
  return new HarnessError(
    "ENVOY_WITHOUT_V8",
    `${who} was built without the V8 WebAssembly runtime, so it cannot run filters`,
    {
      exitCode: ExitCode.environment,
      hint: "use another build: an official release, or the one that `tremula envoy` installs",
    },
  );
}
