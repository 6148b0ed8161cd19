import path from "node:path";
import { parse, stringify } from "yaml";
import { loadConfig, type PlaceholderValue } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { isMessage } from "./load.js";
import type { Bootstrap, Scenario, Variant, WasmModule } from "./types.js";

const TYPE = "type.googleapis.com";

type Layer = "http" | "network";

type BootstrapWithListeners = Bootstrap & {
  static_resources?: { listeners?: { name?: string; filter_chains?: unknown }[] };
};

/**
 * The bootstrap of one variant, as YAML.
 * @param module path of the variant's compiled module
 * @param values of the template's placeholders, besides those of the scenario
 * @param port that the scenario's `ownPort` got
 */
export async function variantConfig(
  scenario: Scenario,
  variant: Variant,
  module: string | undefined,
  values: Readonly<Record<string, PlaceholderValue>> = {},
  port = 0,
): Promise<string> {
  const template = path.join(PACKAGE_ROOT, "envoy-configs", scenario.template ?? "bench/http.yaml");
  const bootstrap = parse(
    await loadConfig(template, { ...scenario.values, ...values }),
  ) as unknown as BootstrapWithListeners;
  const layer = isMessage(scenario.request) ? "network" : "http";
  const filters = [
    ...(variant.filters ?? []),
    ...(variant.wasm && module !== undefined ? [wasmFilter(layer, variant.wasm, module, port)] : []),
  ];
  insertFilters(bootstrap, layer, filters);
  variant.edit?.(bootstrap);
  return stringify(bootstrap);
}

function wasmFilter(layer: Layer, wasm: WasmModule, module: string, port: number): object {
  return {
    name: `envoy.filters.${layer}.wasm`,
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.${layer}.wasm.v3.Wasm`,
      config: {
        name: "bench",
        root_id: "bench",
        // A module that traps must show as errors of the load, not as a cheap filter.
        failure_policy: "FAIL_CLOSED",
        configuration: {
          "@type": `${TYPE}/google.protobuf.StringValue`,
          value: JSON.stringify(wasm.configure?.(port) ?? wasm.configuration ?? {}),
        },
        vm_config: {
          vm_id: "bench",
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: module } },
          ...wasm.vmConfig,
        },
      },
    },
  };
}

/** Puts filters in front of those of the listener `main`, in every HTTP connection manager or in every filter chain. */
function insertFilters(bootstrap: BootstrapWithListeners, layer: Layer, filters: readonly object[]): void {
  if (filters.length === 0) return;
  const main = bootstrap.static_resources?.listeners?.find(({ name }) => name === "main");
  const key = layer === "http" ? "http_filters" : "filters";
  const chains = filterLists(main?.filter_chains, key);
  if (chains.length === 0) {
    const message = `the bench template has no listener "main" with a list of ${key} to insert into`;
    throw new HarnessError("BENCH_NO_FILTERS", message, { exitCode: ExitCode.usage });
  }
  for (const chain of chains) chain.unshift(...filters);
}

/** The outermost lists below a key. */
export function filterLists(node: unknown, wanted: string): unknown[][] {
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === wanted && Array.isArray(value) ? [value as unknown[]] : filterLists(value, wanted),
  );
}
