import pc from "picocolors";
import { groupBy } from "../report/group.js";
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
  const groups = groupBy(result.findings, ({ severity, id }) => `${severity} ${id}`);
  return [...[...groups.values()].map(group), summary(result), ""].join("\n");
}

function group(findings: readonly Finding[]): string {
  const [{ id, severity }] = findings as [Finding];
  const rule = RULES.find((one) => one.id === id);
  return [
    `${COLORS[severity](`${severity} ${id}`)} ${pc.bold(rule?.title ?? "")}`,
    ...wrap(rule?.why ?? "", "  ").map(pc.dim),
    ...findings.flatMap(({ position, object, message, fix }) => [
      `  ${pc.bold(placeText(position))} ${printable(object)}`,
      ...wrap(printable(message), "    "),
      ...wrap(`fix: ${printable(fix)}`, "    "),
    ]),
    "",
  ].join("\n");
}

function summary({ findings, suppressed, objects, unread }: VetResult): string {
  const { error, warning, info } = countOf(findings);
  const left = [...unread].map(([kind, count]) => `${count} ${printable(kind)}`).join(", ");
  return [
    `${counted(objects, "object")}: ${counted(error, "error")}, ${counted(warning, "warning")}, ${info} info`,
    ...(suppressed.length > 0 ? [`${suppressed.length} ignored, as annotations ask for`] : []),
    ...(left === "" ? [] : [`left alone: ${left}`]),
  ].join("\n");
}

/** What a resource says must not steer the terminal, nor look like a line of ours. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (octet) => {
    return `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
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
