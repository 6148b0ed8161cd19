import Table from "cli-table3";
import type { ExplainedOctet, Explanation, Verdict } from "./explanation.js";

const MOST_NAMES = 12;

/** The explanation for people: a row for each octet at which something happened, and the outcome below. */
export function renderExplanation(explanation: Explanation): string {
  const table = new Table({
    head: ["octets", "last", "died", "alive"],
    colWidths: [8, 8, 62, 40],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const step of explanation.steps) {
    table.push([step.at, step.octet === null ? "end" : show(step.octet), deaths(step), list(step.alive)]);
  }
  return `${table.toString()}\n${outcome(explanation)}\n`;
}

/** Protocols that died of the same, together. */
function deaths({ died }: ExplainedOctet): string {
  const byReason = new Map<string, string[]>();
  for (const { protocol, why } of died) byReason.set(why, [...(byReason.get(why) ?? []), protocol]);
  return [...byReason].map(([why, protocols]) => `${protocols.join(" ")}: ${why}`).join("\n");
}

function list(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(" ");
  return `${names.slice(0, MOST_NAMES).join(" ")} and ${names.length - MOST_NAMES} more`;
}

function show(octet: number): string {
  const isVisible = octet > 0x20 && octet < 0x7f;
  const digits = octet.toString(16).padStart(2, "0");
  return isVisible ? `${digits} ${String.fromCharCode(octet)}` : digits;
}

function outcome({ verdict, octets, steps, protocols }: Explanation): string {
  if (verdict !== null) return decided(verdict);
  const alive = octets === 0 ? protocols : (steps.at(-1)?.alive ?? []);
  return `undecided after ${octets} octets: ${list(alive)}`;
}

function decided({ protocol, reason, at, serverName, alpn }: Verdict): string {
  const hello = [
    ...(serverName === null ? [] : [`server name ${serverName}`]),
    ...(alpn.length === 0 ? [] : [`application protocols ${alpn.join(" ")}`]),
  ];
  return [`${protocol} (${reason}) after ${at} octet${at === 1 ? "" : "s"}`, ...hello].join(", ");
}
