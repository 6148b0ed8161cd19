import pc from "picocolors";
import { placeText } from "../resources/index.js";
import type { Finding, Severity } from "./finding.js";
import { countOf, RULES, type VetResult } from "./vet.js";

const WIDTH = 100;
const COLORS: Readonly<Record<Severity, (text: string) => string>> = {
  error: pc.red,
  warning: pc.yellow,
  info: pc.cyan,
};

/** The findings for people: check by check, each with why it matters, then where, what and what to do. */
export function textReport(result: VetResult): string {
  const groups = new Map<string, Finding[]>();
  for (const finding of result.findings) {
    const key = `${finding.severity} ${finding.id}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...[...groups.values()].map(group), summary(result), ""].join("\n");
}

function group(findings: readonly Finding[]): string {
  const [{ id, severity }] = findings as [Finding];
  const rule = RULES.find((one) => one.id === id);
  return [
    `${COLORS[severity](`${severity} ${id}`)} ${pc.bold(rule?.title ?? "")}`,
    ...wrap(rule?.why ?? "", "  ").map(pc.dim),
    ...findings.flatMap(({ position, object, message, fix }) => [
      `  ${pc.bold(placeText(position))} ${object}`,
      ...wrap(message, "    "),
      ...wrap(`fix: ${fix}`, "    "),
    ]),
    "",
  ].join("\n");
}

function summary({ findings, suppressed, objects, unread }: VetResult): string {
  const { error, warning, info } = countOf(findings);
  const left = [...unread].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return [
    `${counted(objects, "object")}: ${counted(error, "error")}, ${counted(warning, "warning")}, ${info} info`,
    ...(suppressed.length > 0 ? [`${suppressed.length} ignored, as annotations ask for`] : []),
    ...(left === "" ? [] : [`left alone: ${left}`]),
  ].join("\n");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, indent + line];
}
