// docs/protocols.md says what the probes do.
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { GREETINGS, ON_REQUEST, SAMPLES } from "./corpus.js";
import { Driver } from "./driver.js";

const DOCS = new URL("../../docs/protocols.md", import.meta.url);

let driver: Driver;
let rows: string[][];
beforeAll(async () => {
  driver = await Driver.load();
  const lines = (await readFile(DOCS, "utf8")).split("\n").filter((line) => line.startsWith("|"));
  rows = lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
});

/** A protocol's name as the tables have it. */
function named(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

test("every protocol has a row, and the least octets that decide are true", () => {
  const least = new Map<string, number>();
  for (const { protocol, at } of [...SAMPLES, ...ON_REQUEST]) {
    if (protocol !== "unknown") least.set(protocol, Math.min(at, least.get(protocol) ?? at));
  }
  const documented = new Map<string, number>();
  for (const [names = "", , decides = ""] of rows.filter(([, , decides]) => /^\d+$/.test(decides ?? ""))) {
    for (const name of named(names)) documented.set(name, Number(decides));
  }
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(least));
});

test("every greeting has a row", () => {
  const documented = new Set(
    rows.filter(([, first]) => first === "server").flatMap(([names]) => named(names!)),
  );
  const known = new Set(GREETINGS.map(({ protocol }) => protocol).filter((name) => name !== "unknown"));
  expect([...documented].sort()).toEqual([...known].sort());
});

test("what each first octet leaves", () => {
  driver.use();
  const groups = new Map<string, string[]>();
  for (let octet = 0; octet < 256; octet++) {
    const names = driver.text1("candidates", octet);
    groups.set(names, [...(groups.get(names) ?? []), octet.toString(16).padStart(2, "0")]);
  }
  const expected = [...groups].map(([names, octets]) => [ranges(octets), names]);
  const documented = rows.filter(([octets]) => /^`[0-9a-f]{2}[ `-]/.test(octets ?? ""));
  expect(documented.map(([octets, names]) => [octets!.replaceAll("`", ""), names])).toEqual(expected);
});

/** `00 02-05`. */
function ranges(octets: readonly string[]): string {
  const parts: [string, string][] = [];
  for (const octet of octets) {
    const last = parts.at(-1);
    if (last && parseInt(last[1], 16) + 1 === parseInt(octet, 16)) last[1] = octet;
    else parts.push([octet, octet]);
  }
  return parts.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(" ");
}
