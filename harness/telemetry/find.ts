import { parseAllDocuments } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";

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
const PLUGIN_FIELDS = [
  "metrics",
  "definitions",
  "reporter",
  "role",
  "disable_host_header_fallback",
  "disableHostHeaderFallback",
  "tcp_reporting_duration",
  "tcpReportingDuration",
  "peer_metadata",
  "peerMetadata",
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
  const bootstrap = documents.find(isFields);
  const own = bootstrap?.["stats_config"] ?? bootstrap?.["statsConfig"];
  if (plugins.length > 0) return { plugins, statsConfig: isFields(own) ? own : {} };
  if (documents.every(isEmpty)) return { plugins: [{ where: file, config: {} }], statsConfig: {} };
  if (bootstrap && Object.keys(bootstrap).some((key) => PLUGIN_FIELDS.includes(key)))
    return { plugins: [{ where: file, config: bootstrap }], statsConfig: {} };
  throw usage(
    `${file} neither is a stats configuration nor has a plugin with one`,
    `Plugins are told by root_id, which is one of ${[...STATS_ROOTS].join(", ")}, or by "role": "stats" in their configuration.`,
  );
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
  if (node["vm_config"] ?? node["vmConfig"]) {
    const config = pluginConfiguration(node["configuration"], where);
    if (isStats(node, config)) yield { where, config };
    return;
  }
  for (const [key, item] of Object.entries(node)) yield* search(item, file, [...path, key]);
}

/** By the role that the configuration names, or the root id; our module counts when neither says anything else. */
function isStats(plugin: Fields, config: unknown): boolean {
  const role = isFields(config) ? config["role"] : undefined;
  if (role !== undefined) return role === "stats";
  const root = plugin["root_id"] ?? plugin["rootId"] ?? "";
  if (typeof root === "string" && STATS_ROOTS.has(root)) return true;
  return (
    !(typeof root === "string" && OTHER_ROOTS.has(root)) &&
    OUR_MODULE.test(JSON.stringify(plugin["vm_config"] ?? plugin["vmConfig"]))
  );
}

/** A plugin's configuration: JSON in a StringValue, or a Struct. */
function pluginConfiguration(any: unknown, where: string): unknown {
  if (!isFields(any)) return {};
  const value = any["value"] ?? withoutType(any);
  if (typeof value !== "string") return value;
  try {
    return value.trim() === "" ? {} : (JSON.parse(value) as unknown);
  } catch (error) {
    throw usage(`${where}: the plugin's configuration is no JSON: ${(error as Error).message}`);
  }
}

function withoutType(any: Fields): Fields {
  return Object.fromEntries(Object.entries(any).filter(([key]) => key !== "@type" && key !== "type_url"));
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
