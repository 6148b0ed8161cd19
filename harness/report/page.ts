import { costSection } from "./cost-section.js";
import { groupBy } from "./group.js";
import { html, type Html, raw } from "./html.js";
import { latestOf } from "./latest.js";
import type { Machine } from "./machine.js";
import type { Run } from "./runs.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";
import { verdictsSection } from "./verdicts.js";

/** One page with everything in it: it opens from the file system and asks nobody for anything. */
export function renderPage(runs: readonly Run[]): string {
  const { outcomes, differences, costs } = latestOf(runs);
  const count = (wanted: string): number => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const failed = count("fail");
  const broken = costs.flatMap(({ budgets }) => budgets).filter(({ verdict }) => verdict === "broken").length;
  const headline = [
    ...(outcomes.length === 0 ? [] : [`${count("pass")} passed, ${failed} failed, ${count("skip")} skipped`]),
    ...(costs.length === 0 ? [] : [`${costs.length} measurements, ${broken} over budget`]),
  ].join(" · ");
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="content-security-policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        />
        <title>Tremula: ${headline}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>Filters on stock Envoy</h1>
          <p class="lead">${headline}</p>
          ${navigation(outcomes.length > 0, costs.length > 0)} ${factsOf(runs)}
        </header>
        <main>${verdictsSection(outcomes, differences)} ${costSection(costs)}</main>
        <footer>
          <p>Made by <code>tremula conformance --report</code> and <code>tremula bench --report</code>.</p>
        </footer>
        <script type="application/json" id="data">
          ${raw(embedded({ outcomes, differences, costs }))}
        </script>
        <script>
          ${raw(SCRIPT)};
        </script>
      </body>
    </html>`;
  return `${page.text}\n`;
}

function navigation(hasCases: boolean, hasCosts: boolean): Html {
  if (!hasCases || !hasCosts) return html``;
  return html`<nav aria-label="Parts">
    <ul>
      <li><a href="#cases">Cases</a></li>
      <li><a href="#cost">Cost</a></li>
    </ul>
  </nav>`;
}

/** When and on what it ran; one line for each machine and commit. */
function factsOf(runs: readonly Run[]): Html {
  const places = groupBy(runs, ({ machine }) => JSON.stringify(machine));
  return html`${[...places.values()].map((there) => {
    const [first] = there;
    const last = there.at(-1);
    if (first === undefined || last === undefined) return html``;
    return facts(first.machine, periodOf(first.date, last.date), versionsOf(there));
  })}`;
}

/** `2026-01-31 09:00 to 10:30 UTC` */
function periodOf(first: string, last: string): string {
  const [from, to] = [first, last].map((date) => date.slice(0, 16).replace("T", " ")) as [string, string];
  if (from === to) return `${from} UTC`;
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} to ${to.slice(11)} UTC` : `${from} to ${to} UTC`;
}

function facts(machine: Machine, dates: string, envoys: string): Html {
  const entries = {
    measured: dates,
    Envoy: envoys || "none: in process only",
    processor: `${machine.processor}, ${machine.cores} cores`,
    memory: `${(machine.memoryMiB / 1024).toFixed(1)} GiB`,
    system: machine.system,
    Node: machine.node,
    commit: machine.commit || "not in a checkout",
  };
  return html`<dl class="facts">
    ${Object.entries(entries).map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function versionsOf(runs: readonly Run[]): string {
  const versions = runs.flatMap((run) =>
    (run.kind === "bench" ? run.costs : run.outcomes).map(({ envoyVersion }) => envoyVersion),
  );
  return [...new Set(versions)]
    .filter((version) => version !== "")
    .sort()
    .join(", ");
}

/** JSON that cannot end the element that it is in. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
