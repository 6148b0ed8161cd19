import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "../build/compile.js";
import { cacheDir, makeCacheDir } from "../envoy/cache.js";
import { ExitCode, HarnessError } from "../errors.js";
import { PluginRefused, startPlugin } from "../host/index.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { type Explanation, readExplanation } from "./explanation.js";

export interface ExplainOptions {
  /** Whether the client ends its half of the connection behind the octets. */
  readonly endOfStream?: boolean;
  /** Whether they are what a server says first. */
  readonly greeting?: boolean;
  /** Names of protocols to look for; the filter's default by default. */
  readonly protocols?: readonly string[];
  /** Octets that are examined at most; the filter's default by default. */
  readonly maxBytes?: number;
  /** HTTP/1 methods; those of the standards by default. */
  readonly methods?: readonly string[];
}

/**
 * Runs the detector of `filters/protocol-detection` on octets, in the in-process host.
 *
 * @throws {HarnessError} for options that the filter would refuse in its configuration
 */
export async function explainBytes(octets: Uint8Array, options: ExplainOptions = {}): Promise<Explanation> {
  const outFile = await compileExplainer();
  const { endOfStream = false, greeting = false, protocols, maxBytes, methods } = options;
  const configuration = {
    octets: Buffer.from(octets).toString("base64"),
    endOfStream,
    greeting,
    detection: { protocols, maxBytes, methods },
  };
  try {
    const plugin = startPlugin(await readFile(outFile), { configuration });
    const lines = plugin.host.log.entries.filter(({ vm }) => vm === "worker").map(({ message }) => message);
    return readExplanation(octets, lines);
  } catch (error) {
    if (!(error instanceof PluginRefused)) throw error;
    throw new HarnessError("DETECTION_REFUSED", error.message, { exitCode: ExitCode.usage, cause: error });
  }
}

/**
 * The detector's module. It is compiled, as the filter's explains nothing, and into the cache, as an installed package may be
 * somebody else's to write to; each package has a place of its own there, because a module is as old as its sources.
 */
async function compileExplainer(): Promise<string> {
  const folder = join(
    cacheDir(),
    "modules",
    createHash("sha256").update(PACKAGE_ROOT).digest("hex").slice(0, 16),
  );
  await makeCacheDir(folder);
  const entry = join(PACKAGE_ROOT, "filters/protocol-detection/explain/index.ts");
  return (await compile({ entry, outFile: join(folder, "protocol-explain.wasm") })).outFile;
}
