import { parseAllDocuments } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";
import { snakeCase } from "./spelling.js";

/** A stats configuration, and where it was. */
export interface Found {
  /** For people: `stats.json`, or `envoy.yaml, static_resources.listeners.0…`. */
  readonly where: string;
  readonly config: unknown;
}

/** What a file says about statistics. */
export interface FoundInFile {
  readonly plugins: readonly Found[];
  /** The bootstrap's own `stats_config`; an empty object when there is none. */
  readonly statsConfig: Readonly<Record<string, unknown>>;
}

type Fields = Record<string, unknown>;

/** Root ids of the plugins that count; Istio's filters had the longer ones. */
const STATS_ROOTS = new Set(["stats", "stats_inbound", "stats_outbound"]);
/** Root ids of the other roles of our module. */
const OTHER_ROOTS = new Set(["peer-metadata", "attributes", "access-log-policy"]);
/** In the name of a file, or of an image. */
const OUR_MODULE = /\b(?:telemetry|stats)\.wasm\b|\/telemetry\b/;
/** Istio's own filter, which has the same configuration. */
const NATIVE_TYPE = "type.googleapis.com/stats.PluginConfig";
/** Fields of a stats configuration, by which a file is known to be one. */
const PLUGIN_FIELDS = [
  "metrics",
  "definitions",
  "reporter",
  "disable_host_header_fallback",
  "tcp_reporting_duration",
  "host_header",
  "blocked_hosts",
  "max_series",
  "max_label_values",
  "peer_deadline",
  "peer_metadata",
];

/**
 * Finds the stats configurations in a file: it is one, or an Envoy configuration (or a Kubernetes resource) with plugins
 * that have one.
 *
 * @throws HarnessError for a file that is neither YAML nor JSON, or has none
 */
export function findStats(text: string, file: string): FoundInFile {
  const documents = parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw usage(`${file}: ${error.message}`);
    return document.toJS() as unknown;
  });
  const plugins = documents.flatMap((document) => [...search(document, file, [])]);
  if (plugins.length > 0) return { plugins, statsConfig: statsConfigOf(documents) };
  if (documents.every(isEmpty)) return { plugins: [{ where: file, config: {} }], statsConfig: {} };
  const config = documents.find(isFields);
  if (config && isStatsConfiguration(config)) return { plugins: [{ where: file, config }], statsConfig: {} };
  throw usage(
    `${file} neither is a stats configuration nor has a plugin with one`,
    `Plugins are told by root_id, which is one of ${[...STATS_ROOTS].join(", ")}, or by "role": "stats" in their configuration.`,
  );
}

/** That of the bootstrap among some documents. */
function statsConfigOf(documents: readonly unknown[]): Fields {
  for (const document of documents) {
    const own = isFields(document) ? (document["stats_config"] ?? document["statsConfig"]) : undefined;
    if (isFields(own)) return inSnakeCase(own) as Fields;
  }
  return {};
}

function isStatsConfiguration(fields: Fields): boolean {
  const { role } = fields;
  if (role !== undefined) return role === "stats";
  return Object.keys(fields).some((key) => PLUGIN_FIELDS.includes(snakeCase(key)));
}

function* search(node: unknown, file: string, path: readonly string[]): Generator<Found> {
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) yield* search(item, file, [...path, String(index)]);
    return;
  }
  if (!isFields(node)) return;
  const where = [file, path.join(".")].filter(Boolean).join(", ");
  if (node["@type"] === NATIVE_TYPE || node["type_url"] === NATIVE_TYPE) {
    yield { where, config: node["value"] ?? withoutType(node) };
    return;
  }
  const plugin = pluginOf(node);
  if (plugin) {
    if (!isStats(plugin)) return;
    if (plugin.fault !== undefined)
      throw usage(`${where}: the plugin's configuration is no JSON: ${plugin.fault}`);
    yield { where, config: plugin.config };
    return;
  }
  for (const [key, item] of Object.entries(node)) yield* search(item, file, [...path, key]);
}

/** A Wasm plugin, wherever it is written. */
interface Plugin {
  readonly rootId: unknown;
  /** Where its module is from. */
  readonly code: unknown;
  readonly config: unknown;
  /** Why its configuration cannot be read, which only matters if it is one of ours. */
  readonly fault?: string;
}

/** The plugin that this is: Envoy's, that of Istio's `WasmPlugin`, or one of Envoy Gateway's `EnvoyExtensionPolicy`. */
function pluginOf(node: Fields): Plugin | undefined {
  const code = node["vm_config"] ?? node["vmConfig"];
  if (code !== undefined && code !== null) {
    const rootId = node["root_id"] ?? node["rootId"];
    return { rootId, code, ...pluginConfiguration(node["configuration"]) };
  }
  // Istio gives the plugin's name to Envoy as the root id.
  if (typeof node["url"] === "string" && ("pluginConfig" in node || "pluginName" in node))
    return { rootId: node["pluginName"], code: node["url"], config: node["pluginConfig"] ?? {} };
  if (isFields(node["code"]) && typeof node["code"]["type"] === "string")
    return { rootId: node["rootID"], code: node["code"], config: node["config"] ?? {} };
  return undefined;
}

/** By the role that the configuration names, or the root id; our module counts when neither says anything else. */
function isStats({ rootId, code, config }: Plugin): boolean {
  const role = isFields(config) ? config["role"] : undefined;
  if (role !== undefined) return role === "stats";
  const root = typeof rootId === "string" ? rootId : "";
  if (STATS_ROOTS.has(root)) return true;
  return !OTHER_ROOTS.has(root) && OUR_MODULE.test(JSON.stringify(code));
}

/** A plugin's configuration: JSON in a StringValue or in a BytesValue, or a Struct. */
function pluginConfiguration(any: unknown): Pick<Plugin, "config" | "fault"> {
  if (!isFields(any)) return { config: {} };
  const value = any["value"] ?? withoutType(any);
  if (typeof value !== "string") return { config: value };
  const isBase64 = String(any["@type"]).endsWith("/google.protobuf.BytesValue");
  const text = isBase64 ? Buffer.from(value, "base64").toString() : value;
  try {
    return { config: text.trim() === "" ? {} : (JSON.parse(text) as unknown) };
  } catch (error) {
    return { config: undefined, fault: (error as Error).message };
  }
}

function withoutType(any: Fields): Fields {
  return Object.fromEntries(Object.entries(any).filter(([key]) => key !== "@type" && key !== "type_url"));
}

/** With the names of all fields as protobuf has them: its JSON writes them either way. */
function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeCase(key), inSnakeCase(item)]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isFields(value) && Object.keys(value).length === 0);
}

function usage(message: string, hint?: string): HarnessError {
  return new HarnessError("TELEMETRY_CONFIG", message, {
    exitCode: ExitCode.usage,
    ...(hint !== undefined && { hint }),
  });
}
