import { readFile } from "node:fs/promises";
import { isNode, isScalar, LineCounter, parseDocument, Scalar, visit, type Document } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";

/** A placeholder's value. Numbers and booleans keep their type where the placeholder is a whole plain scalar. */
export type PlaceholderValue = string | number | boolean;

/** A config with every placeholder filled in. */
export interface FilledConfig {
  readonly yaml: string;
  /** The names that the template mentions. */
  readonly used: ReadonlySet<string>;
}

// `$${NAME}` stands for a literal `${NAME}`.
const PLACEHOLDER = /\$?\$\{([^}]*)\}/g;

function invalid(place: string, message: string, hint?: string): HarnessError {
  return new HarnessError("CONFIG_INVALID", `${place}: ${message}`, hint === undefined ? {} : { hint });
}

class Filling {
  readonly used = new Set<string>();

  constructor(
    readonly text: string,
    readonly file: string,
    readonly lines: LineCounter,
    readonly values: Readonly<Record<string, PlaceholderValue>>,
  ) {}

  place(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.file}:${line}:${col}`;
  }

  fill(scalar: Scalar): void {
    if (typeof scalar.value !== "string" || !scalar.value.includes("${")) return;
    const whole = /^\$\{([^}]*)\}$/.exec(scalar.value);
    const value =
      whole?.[1] !== undefined && scalar.type === Scalar.PLAIN
        ? this.#lookUp(whole[1], scalar)
        : scalar.value.replace(PLACEHOLDER, (match, name: string) =>
            match.startsWith("$$") ? match.slice(1) : String(this.#lookUp(name, scalar)),
          );
    scalar.value = value;
    // Envoy reads a plain `yes` or `010` as something else than a string.
    if (typeof value === "string" && scalar.type === Scalar.PLAIN) scalar.type = Scalar.QUOTE_DOUBLE;
  }

  #lookUp(name: string, scalar: Scalar): PlaceholderValue {
    const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    if (value === undefined) {
      const start = scalar.range?.[0] ?? 0;
      const found = this.text.indexOf(`\${${name}}`, start);
      const known = Object.keys(this.values);
      throw invalid(
        this.place(found === -1 ? start : found),
        `no value for \${${name}}`,
        `given: ${known.length === 0 ? "none" : known.join(", ")}; write $\${${name}} for the text itself`,
      );
    }
    this.used.add(name);
    return value;
  }
}

function parse(text: string, file: string, lines: LineCounter): Document {
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const words = error.message.replace(/ at line \d+, column \d+:[\s\S]*$/, "");
    throw invalid(`${file}:${line}:${col}`, words);
  }
  return document;
}

/**
 * Fills in the `${NAME}` placeholders of a YAML text. A value goes into a parsed scalar, so no value can change the
 * structure; comments stay.
 *
 * @throws HarnessError that names file, line and column of a placeholder without a value
 */
export function fillConfig(
  text: string,
  file: string,
  values: Readonly<Record<string, PlaceholderValue>> = {},
): FilledConfig {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const filling = new Filling(text, file, lines, values);
  visit(document, { Scalar: (_, scalar) => filling.fill(scalar) });
  return { yaml: document.toString({ lineWidth: 0 }), used: filling.used };
}

/** Reads a file that the user named; a HarnessError when that is not possible. */
export async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "no such file" : (error as Error).message;
    throw new HarnessError("CONFIG_MISSING", `${file}: ${why}`, { exitCode: ExitCode.usage, cause: error });
  }
}

/** Loads a config template and fills in its placeholders. */
export async function loadConfig(
  file: string,
  values: Readonly<Record<string, PlaceholderValue>> = {},
): Promise<string> {
  return fillConfig(await readConfig(file), file, values).yaml;
}

/** The config with an admin interface on a free port; one that has an admin block keeps it. */
export function withAdmin(yaml: string): string {
  const document = parseDocument(yaml);
  // What is not a map of fields gets its error from Envoy, which says it better.
  if (document.errors.length > 0 || !isNode(document.contents) || document.has("admin")) return yaml;
  document.set("admin", { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } });
  return document.toString({ lineWidth: 0 });
}

/** The values of all `filename` fields of a config: Wasm modules, certificates, data sources. */
export function filesNamed(yaml: string): string[] {
  const files = new Set<string>();
  visit(parseDocument(yaml), {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.value !== "filename" || !isScalar(value)) return;
      if (typeof value.value === "string") files.add(value.value);
    },
  });
  return [...files];
}
