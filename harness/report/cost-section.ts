import { barChart } from "./charts.js";
import { growthPart } from "./growth.js";
import { groupBy } from "./group.js";
import { html, type Html } from "./html.js";
import type { Cost } from "./runs.js";

/** The part of the page about cost. */
export function costSection(costs: readonly Cost[]): Html {
  if (costs.length === 0) return html``;
  const suites = groupBy(costs, ({ suite }) => suite);
  return html`<section id="cost" aria-labelledby="cost-title">
    <h2 id="cost-title">Cost</h2>
    <p class="lead">
      CPU time of the Envoy process per request, or per connection or message over TCP, that each variant adds
      to an Envoy without the filter, measured in interleaved rounds. A bar is the median; its whisker holds
      nine of ten repetitions.
    </p>
    ${[...suites].map(
      ([suite, scenarios]) =>
        html`<h3 id="suite-${suite}">${suite}</h3>
          ${growthPart(scenarios)}
          <div class="grid">${scenarios.map(scenarioPart)}</div>`,
    )}
  </section>`;
}

function scenarioPart(cost: Cost): Html {
  const added = cost.variants.filter(({ variant }) => variant !== "none");
  const bars = added.map(({ variant, added: { value, low, high } }) => ({ name: variant, value, low, high }));
  const title = `${cost.suite}/${cost.scenario}: microseconds added`;
  return html`<article class="scenario">
    <h4>${cost.scenario}</h4>
    <p class="about">${cost.about}.</p>
    ${bars.length === 0 ? html`` : html`<figure>${barChart(title, "µs of CPU added", bars)}</figure>`}
    ${cost.budgets.map(
      ({ text, verdict }) =>
        html`<p class="budget ${verdict}"><b>${verdict === "ok" ? "within" : verdict}</b> ${text}</p>`,
    )}
    <details>
      <summary>Figures</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Figures of ${cost.scenario}">
        <table>
          <thead>
            <tr>
              <th scope="col">variant</th>
              <th scope="col">CPU µs</th>
              <th scope="col">added µs</th>
              <th scope="col">from to</th>
              <th scope="col">per second</th>
              <th scope="col">RSS MiB</th>
            </tr>
          </thead>
          <tbody>
            ${cost.variants.map(
              (one) =>
                html`<tr>
                  <th scope="row">${one.variant}</th>
                  <td>${figure(one.cpu)}</td>
                  <td>${one.variant === "none" ? "" : figure(one.added.value)}</td>
                  <td>
                    ${one.variant === "none" ? "" : `${figure(one.added.low)} to ${figure(one.added.high)}`}
                  </td>
                  <td>${Math.round(one.requestsPerSecond)}</td>
                  <td>${figure(one.rssKiB / 1024)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="conditions">Envoy ${cost.envoyVersion}, ${cost.load}, ${cost.rounds} rounds.</p>
    </details>
  </article>`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "";
}
