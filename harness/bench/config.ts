import path from "node:path";
import { parse, stringify } from "yaml";
import { loadConfig, type PlaceholderValue } from "../envoy/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { PACKAGE_ROOT } from "../package-root.js";
import type { Bootstrap, Scenario, Variant, WasmModule } from "./types.js";

const TYPE = "type.googleapis.com";

/**
 * The bootstrap of one variant, as YAML.
 * @param module path of the variant's compiled module
 * @param values of the template's placeholders
 */
export async function variantConfig(
  scenario: Scenario,
  variant: Variant,
  module: string | undefined,
  values: Readonly<Record<string, PlaceholderValue>> = {},
): Promise<string> {
  const template = path.join(PACKAGE_ROOT, "envoy-configs", scenario.template ?? "bench/http.yaml");
  const bootstrap = parse(await loadConfig(template, values)) as Bootstrap;
  const filters = [
    ...(variant.filters ?? []),
    ...(variant.wasm && module !== undefined ? [wasmFilter(variant.wasm, module)] : []),
  ];
  insertFilters(bootstrap, filters);
  variant.edit?.(bootstrap);
  return stringify(bootstrap);
}

function wasmFilter(wasm: WasmModule, module: string): object {
  return {
    name: "envoy.filters.http.wasm",
    typed_config: {
      "@type": `${TYPE}/envoy.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        name: "bench",
        root_id: "bench",
        // A module that traps must show as errors of the load, not as a cheap filter.
        failure_policy: "FAIL_CLOSED",
        configuration: {
          "@type": `${TYPE}/google.protobuf.StringValue`,
          value: JSON.stringify(wasm.configuration ?? {}),
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

/** Puts filters in front of the router, in every HTTP connection manager of the bootstrap. */
function insertFilters(bootstrap: Bootstrap, filters: readonly object[]): void {
  if (filters.length === 0) return;
  const chains = httpFilterChains(bootstrap);
  if (chains.length === 0) {
    throw new HarnessError(
      "BENCH_NO_HTTP_FILTERS",
      "the bench template has no list of http_filters to insert into",
      {
        exitCode: ExitCode.usage,
      },
    );
  }
  for (const chain of chains) chain.splice(chain.length - 1, 0, ...filters);
}

function httpFilterChains(node: unknown): unknown[][] {
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "http_filters" && Array.isArray(value) ? [value as unknown[]] : httpFilterChains(value),
  );
}
