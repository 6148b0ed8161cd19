import { type Curve, growthChart } from "./charts.js";
import { groupBy } from "./group.js";
import { html, type Html } from "./html.js";
import type { Cost } from "./runs.js";

/** Scenarios whose names end in a size, such as `policies-10` and `policies-1000`. */
interface Family {
  readonly name: string;
  readonly sizes: readonly { readonly size: number; readonly cost: Cost }[];
}

/** How cost grows with what there is of something. */
export function growthPart(costs: readonly Cost[]): Html {
  const families = familiesOf(costs);
  if (families.length === 0) return html``;
  return html`${families.map(
    (family) =>
      html`<figure class="growth">
        <figcaption>How cost grows with ${family.name}</figcaption>
        ${growthChart(`CPU added by the number of ${family.name}`, family.name, "µs of CPU added", curvesOf(family))}
      </figure>`,
  )}`;
}

function familiesOf(costs: readonly Cost[]): Family[] {
  const named = costs.flatMap((cost) => {
    const [, name, size] = /^(.+)-(\d+)$/.exec(cost.scenario) ?? [];
    return name === undefined || size === undefined ? [] : [{ name, size: Number(size), cost }];
  });
  return [...groupBy(named, ({ name, cost }) => `${name} ${cost.envoyVersion}`).values()]
    .filter((members) => members.length >= 2)
    .map((members) => ({ name: members[0]?.name ?? "", sizes: members.sort((a, b) => a.size - b.size) }));
}

function curvesOf({ sizes }: Family): Curve[] {
  const variants = new Set(sizes.flatMap(({ cost }) => cost.variants.map(({ variant }) => variant)));
  variants.delete("none");
  return [...variants].map((name) => ({
    name,
    points: sizes.flatMap(({ size, cost }) => {
      const found = cost.variants.find(({ variant }) => variant === name);
      return found === undefined ? [] : [{ x: size, value: found.added.value }];
    }),
  }));
}
