import { Option, type Command } from "commander";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { writeWhole } from "../whole-file.js";
import { explainBytes } from "../protocol/explain.js";
import { renderExplanation } from "../protocol/explain-table.js";
import { positiveInteger } from "./positive-integer.js";

interface Options {
  hex?: string;
  text?: string;
  eos?: true;
  greeting?: true;
  protocols?: string[];
  methods?: string[];
  maxBytes?: number;
  json?: string;
}

const EXAMPLES = `
Examples:
  tremula explain-bytes --text 'GET / HTTP/1.1\\r\\n'
  tremula explain-bytes --hex '16 03 01 00 c8 01' --protocols tls,http
  tremula explain-bytes --eos capture.bin
  tremula explain-bytes --greeting --text '220 mail.example ESMTP\\r\\n'`;

/** Adds `tremula explain-bytes` to the program. */
export function register(program: Command): void {
  program
    .command("explain-bytes")
    .summary("what the protocol detection makes of a connection's first bytes")
    .description(
      "Runs the protocol-detection filter's detector on bytes and shows, octet by octet, which protocols were still " +
        "possible, where each was ruled out and why, and what decided.",
    )
    .argument("[file]", "the bytes as they are; - for standard input")
    .addOption(new Option("--hex <digits>", "the bytes in hexadecimal").conflicts("text"))
    .option("--text <text>", "the bytes as text, with \\r \\n \\t \\0 \\\\ and \\xHH")
    .option("--eos", "the client ends its half of the connection behind them")
    .option("--greeting", "they are what a server says first")
    .option("--protocols <list>", "look for these only, with commas between them", split)
    .option("--methods <list>", "HTTP/1 methods, with commas between them", split)
    .option("--max-bytes <n>", "octets that are examined at most", positiveInteger)
    .option("--json <file>", "also write the explanation as JSON; - prints it instead of the table")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: Options) => explain(file, options));
}

async function explain(file: string | undefined, options: Options): Promise<void> {
  const octets = await read(file, options);
  const explanation = await explainBytes(octets, {
    endOfStream: options.eos ?? false,
    greeting: options.greeting ?? false,
    ...(options.protocols && { protocols: options.protocols }),
    ...(options.methods && { methods: options.methods }),
    ...(options.maxBytes && { maxBytes: options.maxBytes }),
  }).catch((error: unknown) => {
    throw error instanceof HarnessError ? byOption(error, options) : error;
  });
  const json = `${JSON.stringify(explanation, undefined, 2)}\n`;
  const printsJson = options.json === "-";
  if (options.json !== undefined && !printsJson) await writeWhole(options.json, json);
  process.stdout.write(printsJson ? json : renderExplanation(explanation));
}

/** The filter names a place in its configuration, which is the value of an option here. */
function byOption(error: HarnessError, options: Options): HarnessError {
  const match = /^\$\.detection\.(protocols|methods)\[(\d+)\]: (.*?)(?: \(byte \d+\))?$/m.exec(error.message);
  if (match === null) return error;
  const [, field, index, why] = match;
  const value = options[field as "protocols" | "methods"]?.[Number(index)];
  return new HarnessError(error.code, `--${field} ${value}: ${why}`, {
    exitCode: error.exitCode,
    cause: error,
  });
}

async function read(file: string | undefined, { hex, text }: Options): Promise<Uint8Array> {
  const given = [file, hex, text].filter((source) => source !== undefined);
  if (given.length !== 1) throw usage("give the bytes by --hex, by --text or as a file");
  if (hex !== undefined) return fromHex(hex);
  if (text !== undefined) return fromText(text);
  if (file === "-") return buffer(process.stdin);
  return readFile(file!).catch((cause: unknown) => {
    throw new HarnessError("FILE_UNREADABLE", `${file}: ${fileTrouble(cause)}`, {
      exitCode: ExitCode.usage,
      cause,
    });
  });
}

/** Pairs of digits; blanks, colons and `0x` between them do no harm. */
function fromHex(digits: string): Uint8Array {
  const plain = digits.replace(/0x|[\s:,]/g, "");
  if (!/^(?:[0-9a-f]{2})*$/i.test(plain)) throw usage("--hex takes pairs of hexadecimal digits");
  return Buffer.from(plain, "hex");
}

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", 0: "\0", "\\": "\\" };

/** UTF-8, but for the escapes, which are octets. */
function fromText(text: string): Uint8Array {
  const parts = text.split(/(\\(?:x[0-9a-f]{2}|.?))/is).map((part, index) => {
    if (index % 2 === 0) return Buffer.from(part);
    if (part[1] === "x" && part.length === 4) return Buffer.from(part.slice(2), "hex");
    const escape = ESCAPES[part.slice(1)];
    if (escape === undefined) throw usage(`--text does not know ${part}; a backslash is written \\\\`);
    return Buffer.from(escape);
  });
  return Buffer.concat(parts);
}

function split(list: string): string[] {
  return list.split(",").map((item) => item.trim());
}

function usage(message: string): HarnessError {
  return new HarnessError("USAGE", message, { exitCode: ExitCode.usage });
}
