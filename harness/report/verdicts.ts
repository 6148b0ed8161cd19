import { shareBar } from "./charts.js";
import { groupBy } from "./group.js";
import { html, type Html } from "./html.js";
import type { Difference, Outcome } from "./runs.js";

const COLOURS = { pass: "var(--pass)", fail: "var(--fail)", skip: "var(--skip)" } as const;

/** The part of the page about cases. */
export function verdictsSection(outcomes: readonly Outcome[], differences: readonly Difference[]): Html {
  if (outcomes.length === 0) return html``;
  const failed = outcomes.filter(({ outcome }) => outcome === "fail");
  const filters = unique(outcomes.map(({ filter }) => filter)).sort();
  return html`<section id="cases" aria-labelledby="cases-title">
    <h2 id="cases-title">Cases</h2>
    <p class="lead">
      A case is a configuration, requests, and what must come out. It runs on our filter in a host inside
      Node, on our filter in stock Envoy, and on the filter that Envoy has itself.
    </p>
    ${countsTable(outcomes, filters)} ${failed.length === 0 ? html`` : failures(failed)}
    ${differences.length === 0 ? html`` : differencesPart(differences)} ${allCases(outcomes, filters)}
  </section>`;
}

function countsTable(outcomes: readonly Outcome[], filters: readonly string[]): Html {
  const places = unique(outcomes.map(placeOf));
  const cell = (filter: string, place: string): Html => {
    const here = outcomes.filter((one) => one.filter === filter && placeOf(one) === place);
    if (here.length === 0) return html`<td class="none">not run</td>`;
    const parts = (["pass", "fail", "skip"] as const)
      .map((name) => ({
        name,
        count: here.filter(({ outcome }) => outcome === name).length,
        colour: COLOURS[name],
      }))
      .filter(({ count }) => count > 0);
    const words = { pass: "passed", fail: "failed", skip: "skipped" };
    return html`<td>
      ${shareBar(parts.map((part) => ({ ...part, name: words[part.name] })))}
      <span class="counts"
        >${parts.map(({ name, count }) => html`<span class="${name}">${count} ${words[name]}</span> `)}</span
      >
    </td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Outcomes by filter">
    <table class="matrix">
      <thead>
        <tr>
          <th scope="col">filter</th>
          ${places.map((place) => html`<th scope="col">${place}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${filters.map(
          (filter) =>
            html`<tr>
              <th scope="row">${filter}</th>
              ${places.map((place) => cell(filter, place))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function failures(failed: readonly Outcome[]): Html {
  return html`<h3 class="fail">Failed</h3>
    ${failed.map(
      (one) =>
        html`<article class="case failed">
          <h4>${one.case}</h4>
          <p class="where">${one.filter}, ${placeOf(one)}</p>
          <pre>${one.detail}</pre>
        </article>`,
    )}`;
}

function differencesPart(differences: readonly Difference[]): Html {
  return html`<h3>Where ours differs from native, on purpose</h3>
    <p>Each of these is a case that both must pass, with an answer of its own for each.</p>
    ${differences.map(
      (one) =>
        html`<article class="case">
          <h4>${one.case}</h4>
          <p class="where">${one.filter}</p>
          ${one.why === "" ? html`` : html`<p class="why">${one.why}</p>`}
          ${one.exchanges.map(
            ({ asked, ours, native }) =>
              html`<dl class="exchange">
                <div>
                  <dt>asked</dt>
                  <dd>${asked}</dd>
                </div>
                <div>
                  <dt>ours</dt>
                  <dd>${ours}</dd>
                </div>
                <div>
                  <dt>native</dt>
                  <dd>${native}</dd>
                </div>
              </dl>`,
          )}
        </article>`,
    )}`;
}

function allCases(outcomes: readonly Outcome[], filters: readonly string[]): Html {
  return html`<h3>All cases</h3>
    <p class="search">
      <label for="search">Find</label>
      <input id="search" type="search" placeholder="a filter, a case, an outcome" autocomplete="off" />
      <span id="found" role="status"></span>
    </p>
    ${filters.map((filter) => {
      const own = outcomes.filter((one) => one.filter === filter);
      const byCase = groupBy(own, (one) => one.case);
      return html`<details class="cases">
        <summary>${filter} <span class="count">${byCase.size} cases</span></summary>
        <ul>
          ${[...byCase].map(([name, runs]) => caseLine(filter, name, runs))}
        </ul>
      </details>`;
    })}`;
}

function caseLine(filter: string, name: string, runs: readonly Outcome[]): Html {
  const words = [filter, name, ...runs.map(({ outcome }) => outcome)].join(" ").toLowerCase();
  return html`<li data-words="${words}">
    <span class="name">${name}</span>
    ${runs.map((run) => {
      const title = run.detail === "" ? placeOf(run) : `${placeOf(run)}: ${run.detail}`;
      return html`<span class="badge ${run.outcome}" title="${title}"
        >${run.outcome} <small>${placeOf(run)}</small></span
      > `;
    })}
  </li>`;
}

/** `ours in Node`, `native in Envoy 1.40.0` */
function placeOf({ subject, host, envoyVersion }: Outcome): string {
  const who = subject === "tremula" ? "ours" : "native";
  if (host === "node") return `${who} in Node`;
  return `${who} in Envoy ${envoyVersion}${host === "docker" ? " (Docker)" : ""}`;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
