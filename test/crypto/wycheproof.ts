import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CORPORA = process.env.TREMULA_CORPORA ?? resolve(ROOT, "../shared/corpora");

/** What all kinds of tests have. */
export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "acceptable" | "invalid";
}

/**
 * Runs `check` on each group of a file of Project Wycheproof's test vectors. Where the file is missing the test is skipped
 * and says so.
 */
export function testWycheproof<Group>(file: string, check: (group: Group) => void): void {
  const path = resolve(CORPORA, "wycheproof", `${file}.json`);
  const found = existsSync(path);
  test.skipIf(!found)(
    `Wycheproof ${file}${found ? "" : " (skipped: no corpora, see TREMULA_CORPORA)"}`,
    () => {
      const { testGroups } = JSON.parse(readFileSync(path, "utf8")) as { testGroups: Group[] };
      for (const group of testGroups) check(group);
    },
  );
}
