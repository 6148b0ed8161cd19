import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { jsonOr } from "./json.js";

const Record = z.object({ inputs: z.record(z.string(), z.string()) });

/** The files that a module was compiled from, from the record that `tremula build` leaves beside it; none if there is no record. */
export async function sourcesOf(file: string): Promise<string[]> {
  const text = await readFile(`${file}.inputs.json`, "utf8").catch(() => null);
  if (text === null) return [];
  const record = Record.safeParse(jsonOr(text, null));
  if (!record.success) return [];
  // What configures the compiler is no part of its output; its library, which it carries in itself, is.
  const sources = Object.keys(record.data.inputs).filter((path) => path.endsWith(".ts"));
  return [...sources, fileURLToPath(import.meta.resolve("assemblyscript"))];
}
