import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { hostVerification } from "./host-verification.js";
import { MODE, VERIFIER } from "./modes.js";
import { loadUnit, type Unit } from "../unit-module.js";

const CORPORA =
  process.env.TREMULA_CORPORA ?? fileURLToPath(new URL("../../../shared/corpora", import.meta.url));
const FOLDER = join(CORPORA, "wycheproof");
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: there is no ${FOLDER}`);

interface Group {
  readonly comment: string;
  readonly public?: Jwk | { readonly keys: readonly Jwk[] };
  readonly private: Jwk | { readonly keys: readonly Jwk[] };
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly jws: string;
    readonly result: string;
  }[];
}
type Jwk = Readonly<Record<string, unknown>>;

/** Where we answer otherwise than the vectors say, and why. */
const DIFFERENT: Readonly<Record<number, string>> = {
  346: "refused: its token says PS384, its key is for PS256",
  347: "refused: its key is for ES521, an erratum of RFC 7520; RFC 7518 has ES512",
  350: "refused: as 346",
  351: "refused: as 347",
  367: "accepted: the padding that its comment is about is not there, it is the same text as 357",
  370: "accepted: as 367",
  372: "refused: RFC 7515 section 2 allows no ? in the header",
  373: "refused: nor in the payload",
};

let unit: Unit;
beforeAll(async () => {
  unit = await loadUnit("jwt-keys", hostVerification());
});

async function read(file: string): Promise<readonly Group[]> {
  return (JSON.parse(await readFile(join(FOLDER, file), "utf8")) as { testGroups: Group[] }).testGroups;
}

/** What a server publishes: the public keys, or the secrets. */
function keySetOf(group: Group): string {
  const keys = group.public ?? group.private;
  return JSON.stringify("keys" in keys ? keys : { keys: [keys] });
}

function verifies(keySet: string, jws: string, verifier: number): boolean {
  unit.give(keySet);
  unit.call.parse!(MODE.strict, verifier);
  unit.give(jws, 1);
  return unit.call.verifyCompact!() === 1;
}

describe.runIf(isThere).each(Object.entries(VERIFIER))("Wycheproof, verifier %s", (_, verifier) => {
  test("26 key sets", async () => {
    const wrong: unknown[] = [];
    let count = 0;
    for (const group of await read("json_web_key.json")) {
      for (const { tcId, comment, jws, result } of group.tests) {
        count++;
        if (verifies(keySetOf(group), jws, verifier) !== (result === "valid"))
          wrong.push([tcId, comment, result]);
      }
    }
    expect(count).toBe(26);
    expect(wrong).toEqual([]);
  });

  test("401 signatures", async () => {
    const wrong: unknown[] = [];
    let count = 0;
    for (const group of await read("json_web_signature.json")) {
      for (const { tcId, comment, jws, result } of group.tests) {
        count++;
        const expected = (result === "valid") !== tcId in DIFFERENT;
        if (verifies(keySetOf(group), jws, verifier) !== expected) wrong.push([tcId, comment, result]);
      }
    }
    expect(count).toBe(401);
    expect(wrong).toEqual([]);
  });

  test("ES521 for ES512, once its key says so", async () => {
    const group = (await read("json_web_signature.json")).find(({ tests }) =>
      tests.some(({ tcId }) => tcId === 347),
    )!;
    const keySet = keySetOf(group).replace("ES521", "ES512");
    expect(verifies(keySet, group.tests[0]!.jws, verifier)).toBe(true);
  });
});
