import { HOST_CALLS } from "./calls/index.js";
import { PluginRefused } from "./errors.js";
import type { Vm } from "./vm.js";
import { WASI_CALLS } from "./wasi.js";

const ABI_VERSIONS = ["proxy_abi_version_0_2_0", "proxy_abi_version_0_2_1"];

interface Linked {
  readonly memory: WebAssembly.Memory;
  readonly malloc: (...args: never[]) => unknown;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * Makes an instance whose imports are this host's, with Envoy's words for what it would not link. The types of imports
 * and callbacks are not checked here, because JavaScript does not show them: the build's audit does.
 */
export function link(vm: Vm, module: WebAssembly.Module): Linked {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const version = names.find((name) => name.startsWith("proxy_abi_version_"));
  if (version === undefined || !ABI_VERSIONS.includes(version)) {
    throw new PluginRefused(
      version === "proxy_abi_version_0_1_0"
        ? "ABI 0.1.0, which Envoy runs and this host does not"
        : "Missing or unknown Proxy-Wasm ABI version",
      [],
    );
  }
  const imports: Record<string, Record<string, (...args: (number | bigint)[]) => number | void>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const run = kind === "function" ? hostFunction(from, name, version) : undefined;
    if (run === undefined) {
      throw new PluginRefused(`Failed to load Wasm module due to a missing import: ${from}.${name}`, []);
    }
    (imports[from] ??= {})[name] = vm.boundary.wrap(from, name, (...args) => run(vm, ...(args as never[])));
  }
  const { exports } = instantiate(module, imports);
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new PluginRefused("Wasm module exports no memory", []);
  const malloc = exports["malloc"] ?? exports["proxy_on_memory_allocate"];
  if (typeof malloc !== "function") throw new PluginRefused("Wasm module is missing malloc function.", []);
  return { memory, malloc: malloc as Linked["malloc"], exports };
}

function hostFunction(module: string, name: string, version: string) {
  if (name === "proxy_get_log_level" && version === "proxy_abi_version_0_2_0") return undefined;
  const table = module === "env" ? HOST_CALLS : module.startsWith("wasi_") ? WASI_CALLS : {};
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    // Code in the start section runs here, before Envoy could serve a call.
    throw new PluginRefused(`Failed to instantiate Wasm module: ${(error as Error).message}`, [], error);
  }
}
