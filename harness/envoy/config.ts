import { readFile } from "node:fs/promises";
import { isNode, isScalar, LineCounter, parseDocument, Scalar, visit, type Document } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";

/** A placeholder's value. Numbers and booleans keep their type where the placeholder is a whole plain scalar. */
export type PlaceholderValue = string | number | boolean;

/** A config with every placeholder filled in. */
export interface FilledConfig {
  readonly yaml: string;
  /** The names that the template mentions. */
  readonly used: ReadonlySet<string>;
}

function invalid(place: string, message: string, hint?: string): HarnessError {
  return new HarnessError("CONFIG_INVALID", `${place}: ${message}`, hint === undefined ? {} : { hint });
}

function parse(text: string, file: string, lines: LineCounter): Document {
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalid(`${file}:${line}:${col}`, error.message.replace(/ at line \d+, column \d+:[\s\S]*$/, ""));
  }
  return document;
}

/**
 * Fills in the `${NAME}` placeholders of a YAML text; `$${NAME}` stands for the text `${NAME}`. A value goes into a
 * parsed scalar, so no value can change the structure; comments stay.
 *
 * @throws HarnessError that names file, line and column of a placeholder without a value
 */
export function fillConfig(
  text: string,
  file: string,
  values: Readonly<Record<string, PlaceholderValue>> = {},
): FilledConfig {
  const marked = markPlaceholders(text, file);
  const lines = new LineCounter();
  const document = parse(marked.text, file, lines);
  const used = new Set<string>();

  const lookUp = (mark: string): PlaceholderValue => {
    const { name, offset } = marked.find(mark);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) {
      used.add(name);
      return value;
    }
    const { line, col } = lines.linePos(offset);
    const known = Object.keys(values).join(", ") || "none";
    const hint = `given: ${known}; write $\${${name}} for the text itself`;
    throw invalid(`${file}:${line}:${col}`, `no value for \${${name}}`, hint);
  };
  visit(document, { Node: (_, node) => marked.restoreComments(node) });
  marked.restoreComments(document);
  visit(document, { Scalar: (_, scalar) => fillScalar(scalar, lookUp) });
  return { yaml: document.toString({ lineWidth: 0 }), used };
}

function fillScalar(scalar: Scalar, lookUp: (mark: string) => PlaceholderValue): void {
  if (typeof scalar.value !== "string" || !/\$\{|\uE000/.test(scalar.value)) return;
  const plain = scalar.type === Scalar.PLAIN;
  const whole = plain && new RegExp(`^${MARK.source}$`).test(scalar.value);
  const value = whole
    ? lookUp(scalar.value)
    : scalar.value.replace(MARK, (mark) => String(lookUp(mark))).replace(ESCAPED, "$${");
  scalar.value = value;
  // Envoy reads a plain `yes` or `010` as something else than a string.
  if (plain && typeof value === "string") scalar.type = Scalar.QUOTE_DOUBLE;
}

const PLACEHOLDER = /(?<!\$)\$\{([A-Za-z_][^}\n]*)\}/g;
const ESCAPED = /\$\$\{/g;

// U+E000 begins a mark, two digits from U+E100 on number it, U+E001 makes it as long as what it stands for.
const MARK = /\uE000[\uE100-\uF0FF]{2}\uE001*/g;
const DIGIT_BASE = 0xe100;
const DIGITS = 0x1000;

interface Commented {
  comment?: string | null | undefined;
  commentBefore?: string | null | undefined;
}

interface Marked {
  readonly text: string;
  find(mark: string): { name: string; offset: number };
  /** Puts the placeholders of a node's comments back: they are none. */
  restoreComments(node: Commented): void;
}

/*
 * A plain `${NAME}` cannot stand within `{a: b}`, where braces mean something. So each placeholder is exchanged, before
 * the text is parsed, for a mark of private-use characters, of the same length so that every position stays right.
 */
function markPlaceholders(text: string, file: string): Marked {
  if (/[\uE000-\uF8FF]/.test(text)) throw invalid(file, "contains a character of Unicode's private-use area");
  const found: { name: string; offset: number }[] = [];
  const marked = text.replace(PLACEHOLDER, (match, name: string, offset: number) => {
    const number = found.push({ name, offset }) - 1;
    const digits = [Math.floor(number / DIGITS), number % DIGITS].map((digit) => DIGIT_BASE + digit);
    return `\uE000${String.fromCharCode(...digits)}`.padEnd(match.length, "\uE001");
  });
  const find = (mark: string): { name: string; offset: number } => {
    const number = (mark.charCodeAt(1) - DIGIT_BASE) * DIGITS + mark.charCodeAt(2) - DIGIT_BASE;
    const placeholder = found[number];
    if (placeholder === undefined) throw new RangeError(`no placeholder ${number}`);
    return placeholder;
  };
  const restoreComments = (node: Commented): void => {
    for (const key of ["comment", "commentBefore"] as const) {
      node[key] &&= node[key].replace(MARK, (mark) => `\${${find(mark).name}}`);
    }
  };
  return { text: marked, find, restoreComments };
}

/** Reads a file that the user named; a HarnessError when that is not possible. */
export async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new HarnessError("CONFIG_MISSING", `${file}: ${fileTrouble(error)}`, {
      exitCode: ExitCode.usage,
      cause: error,
    });
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
