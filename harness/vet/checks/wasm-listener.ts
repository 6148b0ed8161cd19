import {
  EnvoyFilter,
  isFields,
  TrafficExtension,
  WasmPlugin,
  type EnvoyFilterSpec,
  type Fields,
  type Path,
  type Resource,
  type Untyped,
} from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import { configurationsIn, mayHold } from "../holding.js";
import type { Mesh } from "../mesh.js";
import { serverFirstNumber } from "../server-first.js";

const NETWORK_WASM = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const TCP_PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
/** Our filter, which pauses until it knows the protocol. */
const PAUSES = /protocol[-_]detect/i;

/** Envoy configurations among the documents. */
function bootstraps({ resources }: Mesh): readonly Untyped[] {
  return resources.untyped.filter(({ value }) => "static_resources" in value || "staticResources" in value);
}

/** The network filters of each filter chain of a bootstrap, with their paths. */
function* chains(
  bootstrap: Untyped,
): Generator<{ listener: Fields; filters: { filter: Fields; path: Path }[] }> {
  const key = "static_resources" in bootstrap.value ? "static_resources" : "staticResources";
  const listeners = list(fields(bootstrap.value[key])["listeners"]);
  for (const [index, listener] of listeners.entries()) {
    const base = [key, "listeners", index];
    for (const name of ["filter_chains", "filterChains"])
      for (const [chain, { filters }] of list(listener[name]).entries())
        yield {
          listener,
          filters: list(filters).map((filter, at) => ({
            filter,
            path: [...base, name, chain, "filters", at],
          })),
        };
  }
}

const typeOf = (filter: Fields): unknown => config(filter)["@type"];
const config = (filter: Fields): Fields => fields(filter["typed_config"] ?? filter["typedConfig"]);

function earlyData(filter: Fields): boolean {
  const { max_early_data_bytes, maxEarlyDataBytes = max_early_data_bytes } = config(filter);
  return Number(maxEarlyDataBytes ?? 0) > 0;
}

export const pausingWasm: Check = {
  id: "PD008",
  title: "a Wasm network filter that pauses stands before tcp_proxy without max_early_data_bytes",
  severity: "error",
  why:
    "tcp_proxy stops reading from the client until it has an upstream connection, before a Wasm filter runs: one that waits " +
    "for the first bytes then never gets any, and every connection hangs (measured on Envoy 1.40.0).",
  *run(mesh) {
    for (const bootstrap of bootstraps(mesh))
      for (const { filters } of chains(bootstrap)) {
        const wasm = filters.find(({ filter }) => typeOf(filter) === NETWORK_WASM);
        const proxy = filters.find(({ filter }) => typeOf(filter) === TCP_PROXY);
        if (wasm === undefined || proxy === undefined || earlyData(proxy.filter)) continue;
        const isOurs = PAUSES.test(JSON.stringify(wasm.filter));
        const configurations = configurationsIn(wasm.filter);
        const pauses = isOurs && (configurations.length === 0 || configurations.some(mayHold));
        if (isOurs && !pauses) continue;
        yield {
          at: bootstrap,
          path: proxy.path,
          ...(!pauses && { severity: "info" }),
          message: pauses
            ? "tcp_proxy behind the filter protocol-detection has no max_early_data_bytes: every connection hangs"
            : "tcp_proxy behind a Wasm network filter has no max_early_data_bytes: if that filter pauses, connections hang",
          fix: "give tcp_proxy max_early_data_bytes: 65536",
        };
      }
    const merged = mesh.resources
      .of(EnvoyFilter)
      .some((filter) => patches(filter).some(({ value }) => earlyData(value)));
    if (merged) return;
    const fix =
      "add an EnvoyFilter that merges max_early_data_bytes: 65536 into envoy.filters.network.tcp_proxy";
    for (const filter of mesh.resources.of(EnvoyFilter))
      for (const { value, path, applyTo } of patches(filter)) {
        const text = JSON.stringify(value);
        if (applyTo !== "NETWORK_FILTER" || !text.includes(NETWORK_WASM) || !PAUSES.test(text)) continue;
        // Its configuration may be discovered, and then it is in another patch.
        const named = patches(filter).filter((patch) => PAUSES.test(JSON.stringify(patch.value)));
        const configurations = named.flatMap((patch) => configurationsIn(patch.value));
        if (configurations.length > 0 && !configurations.some(mayHold)) continue;
        yield {
          at: filter,
          path,
          message:
            "puts the filter protocol-detection before tcp_proxy, which has no max_early_data_bytes: every connection hangs",
          fix,
        };
      }
    for (const [plugin, wasm] of plugins(mesh)) {
      if (wasm.type !== "NETWORK" || !PAUSES.test(`${wasm.url} ${wasm.pluginName}`)) continue;
      if (wasm.pluginConfig !== undefined && !mayHold(wasm.pluginConfig)) continue;
      yield {
        at: plugin,
        message:
          "puts the filter protocol-detection before tcp_proxy, which has no max_early_data_bytes: every connection hangs",
        fix,
      };
    }
  },
};

export const waitsForClient: Check = {
  id: "PD009",
  title: "tcp_proxy waits for the client where the server speaks first",
  severity: "error",
  why: "With upstream_connect_mode ON_DOWNSTREAM_DATA the upstream is connected to only when the client has sent something.",
  *run(mesh) {
    const fix = "leave upstream_connect_mode out on this port (IMMEDIATE)";
    for (const bootstrap of bootstraps(mesh))
      for (const { listener, filters } of chains(bootstrap)) {
        const protocol = serverFirstNumber(portOf(listener) ?? 0);
        const proxy = filters.find(({ filter }) => typeOf(filter) === TCP_PROXY && waits(config(filter)));
        if (protocol === undefined || proxy === undefined) continue;
        yield { at: bootstrap, path: proxy.path, message: hangs(portOf(listener), protocol), fix };
      }
    for (const filter of mesh.resources.of(EnvoyFilter))
      for (const { value, path, port } of patches(filter)) {
        if (!waits(config(value))) continue;
        const numbers = port === undefined ? mesh.ports.map((one) => one.port.port) : [port];
        const number = numbers.find((one) => serverFirstNumber(one) !== undefined);
        if (number === undefined) continue;
        yield { at: filter, path, message: hangs(number, serverFirstNumber(number)), fix };
      }
  },
};

function hangs(port: number | undefined, protocol: string | undefined): string {
  return `port ${port} is ${protocol}, whose server speaks first: neither side ever sends anything`;
}

function waits({ upstream_connect_mode: snake, upstreamConnectMode: camel }: Fields): boolean {
  return snake === "ON_DOWNSTREAM_DATA" || camel === "ON_DOWNSTREAM_DATA";
}

function portOf(listener: Fields): number | undefined {
  const address = fields(listener["address"]);
  const socket = fields(address["socket_address"] ?? address["socketAddress"]);
  const port = socket["port_value"] ?? socket["portValue"];
  return typeof port === "number" ? port : undefined;
}

function patches(filter: Resource<EnvoyFilterSpec>): {
  value: Fields;
  path: Path;
  applyTo: string | undefined;
  port: number | undefined;
}[] {
  return (filter.spec.configPatches ?? []).map(({ applyTo, match, patch }, index) => ({
    value: fields(patch?.value),
    path: ["spec", "configPatches", index],
    applyTo,
    port: match?.listener?.portNumber,
  }));
}

function* plugins(mesh: Mesh): Generator<
  [
    Complaint["at"],
    {
      type?: string | undefined;
      url?: string | undefined;
      pluginName?: string | undefined;
      pluginConfig?: unknown;
    },
  ]
> {
  for (const plugin of mesh.resources.of(WasmPlugin)) yield [plugin, plugin.spec];
  for (const plugin of mesh.resources.of(TrafficExtension))
    if (plugin.spec.wasm !== undefined) yield [plugin, plugin.spec.wasm];
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}
