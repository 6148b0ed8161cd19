// The host that units see: every function of it is there, and none does anything.
const UNIMPLEMENTED = 12;

/** @type {import("vitest-pool-assemblyscript/config").WasmImportsFactory} */
export default ({ module }) => {
  const env = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === "env" && kind === "function" && name.startsWith("proxy_")) env[name] = () => UNIMPLEMENTED;
  }
  return { env };
};
