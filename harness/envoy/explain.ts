import { ExitCode, HarnessError } from "../errors.js";
import { lacksV8, withoutV8 } from "./binary.js";
import { parseRecord, records } from "./log.js";
import { positionOfPath } from "./position.js";

/** The config as its author knows it, so that Envoy's complaint can name a place in it. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
}

/** Envoy's complaint about a config, cut down to the part that says what is wrong. */
interface Complaint {
  readonly words: string;
  readonly line?: number;
  readonly column?: number;
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The text of Envoy's last word on why it cannot start, as it words it in validation and in service. */
function fatal(log: string): string | undefined {
  for (const record of records(log).reverse()) {
    const message = parseRecord(record)?.message;
    const match =
      /^error initializing configuration '[^']*': ([\s\S]*)$/.exec(message ?? "") ??
      /^error `([\s\S]*)` initializing config '/.exec(message ?? "");
    if (match?.[1] !== undefined) return oneLine(match[1]);
  }
  return undefined;
}

/** Why a Wasm plugin was refused: the lines before "Unable to create Wasm plugin", without those that repeat it. */
function wasmReasons(log: string): string[] {
  const reasons: string[] = [];
  for (const record of records(log)) {
    const parsed = parseRecord(record);
    if (parsed?.logger !== "wasm" || !["error", "critical"].includes(parsed.level)) continue;
    const words = oneLine(parsed.message)
      .replace(/^Wasm VM failed /, "")
      .replace(/^wasm log[^:]*: /, "");
    if (/^(?:Plugin .*failed to load$|Failed to (?:load|initialize) Wasm code$)/.test(words)) continue;
    if (!reasons.includes(words)) reasons.push(words);
  }
  return reasons.slice(0, 4);
}

/** `A.B: embedded message failed validation | caused by …` as the path and the rule that was broken. */
function constraint(chain: string): string {
  const parts = chain.split(" | caused by ").map((part) => /^\w+?ValidationError\.([^:]+): (.*)$/.exec(part));
  if (parts.some((part) => part === null)) return chain;
  return `${parts.map((part) => part?.[1]).join(".")}: ${parts.at(-1)?.[2]}`;
}

function complaint(words: string, source: ConfigSource | undefined): Complaint {
  const yaml = /^yaml-cpp: error at line (\d+), column (\d+): (.*)$/.exec(words);
  if (yaml) return { words: yaml[3] ?? "", line: Number(yaml[1]), column: Number(yaml[2]) };

  const json =
    /invalid JSON in \S+ @ (\S+): (.+?), near [\d:]+ \(offset \d+\): (.+?)\)(?: has unknown fields|: \{.*)$/.exec(
      words,
    );
  if (json !== null) {
    const [, at = "", what = "", why = ""] = json;
    const path = at.replace(/\.<any>$/, "");
    const field = /^no such field: '(.+)'$/.exec(why)?.[1];
    const where = source && positionOfPath(source.text, path, field);
    // The JSON that Envoy counts in is one line that nobody has seen.
    return { words: `${why} (${what.replace(/^message /, "")} at ${path})`, ...where };
  }

  const rule = /Proto constraint validation failed \((.*)\)$/.exec(words);
  if (rule?.[1] !== undefined) return { words: `Proto constraint validation failed: ${constraint(rule[1])}` };

  // Behind the reason stands the whole config as JSON.
  return { words: words.replace(/^(Unable to parse JSON as proto \(.*?\)): \{.*$/, "$1") };
}

function portInUse(log: string, words: string): HarnessError | undefined {
  const bind = /cannot bind '([^']+)': (.*)$/.exec(words);
  if (bind === null) return undefined;
  const listener = /listener '([^']*)' failed to bind/.exec(log)?.[1];
  const who = listener === undefined ? "Envoy" : `listener '${listener}'`;
  const used = bind[2] === "Address already in use";
  return new HarnessError(
    used ? "PORT_IN_USE" : "CANNOT_BIND",
    used ? `${who} cannot use ${bind[1]}: the port is in use` : `${who} cannot bind ${bind[1]}: ${bind[2]}`,
    { exitCode: ExitCode.environment, ...(used ? { hint: "stop what listens there, or use port 0" } : {}) },
  );
}

/**
 * Turns the log of an Envoy that did not start, or did not accept a config, into one error in Envoy's own words, with
 * the place in the config where that is known. Undefined when the log gives no reason.
 */
export function explainLog(log: string, source?: ConfigSource, who = "this Envoy"): HarnessError | undefined {
  if (lacksV8(log)) return withoutV8(who);
  const words = fatal(log);
  if (words === undefined) return undefined;
  const bind = portInUse(log, words);
  if (bind !== undefined) return bind;
  const file = source?.file ?? "the config";
  if (/Unable to create Wasm/.test(words)) {
    const reasons = wasmReasons(log);
    return new HarnessError(
      "WASM_REFUSED",
      `${file}: Envoy refuses a Wasm plugin: ${[...reasons, words].join("; ")}`,
    );
  }
  const { words: said, line, column } = complaint(words, source);
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  return new HarnessError("CONFIG_INVALID", `${place}: ${said}`);
}
