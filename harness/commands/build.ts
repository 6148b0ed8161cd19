import type { Command } from "commander";
import { relative } from "node:path";
import { audit } from "../build/audit.js";
import { compile } from "../build/compile.js";
import { readModule } from "../build/module.js";
import { HarnessError } from "../errors.js";

export function register(program: Command): void {
  program
    .command("build")
    .summary("compile and audit filters")
    .description("Compiles AssemblyScript filters and checks that stock Envoy can load what comes out.")
    .argument("[entry...]", "entry files", ["index.ts"])
    .option("--debug", "unoptimized, with names and a source map")
    .option("-o, --out-file <file>", "the wasm file to write (one entry only); default build/<name>.wasm")
    .action(async (entries: string[], options: { debug?: boolean; outFile?: string }) => {
      if (options.outFile !== undefined && entries.length > 1) {
        throw new HarnessError("USAGE", "--out-file goes with one entry only", { exitCode: 2 });
      }
      for (const entry of entries) await buildOne(entry, options);
    });
}

async function buildOne(entry: string, options: { debug?: boolean; outFile?: string }): Promise<void> {
  const { outFile, built } = await compile({ entry, ...options });
  const module = await readModule(outFile);
  const path = relative(process.cwd(), outFile);
  const findings = audit(module);
  for (const { severity, text } of findings) process.stderr.write(`${severity}: ${path}: ${text}\n`);
  if (findings.some(({ severity }) => severity === "error")) {
    throw new HarnessError("AUDIT_FAILED", `${path} would not load in Envoy`);
  }
  process.stdout.write(`${path}  ${module.sizeBytes} bytes${built ? "" : "  (up to date)"}\n`);
}
