import { selects, type LabelMap } from "./workload.js";

const keyOf = ([key, value]: readonly [string, string]): string => JSON.stringify([key, value]);

/** What has labels, so that a selector need not be held against each: a mesh has as many Services as workloads. */
export class Labelled<T extends { readonly labels: LabelMap }> {
  readonly #byLabel = new Map<string, T[]>();

  constructor(private readonly all: readonly T[]) {
    for (const item of all)
      for (const label of Object.entries(item.labels)) put(this.#byLabel, keyOf(label), item);
  }

  /** Those that a selector is for, in the order in which they were given; all for one that asks for nothing. */
  selectedBy(selector: LabelMap | undefined): readonly T[] {
    const lists = Object.entries(selector ?? {}).map((label) => this.#byLabel.get(keyOf(label)) ?? []);
    const [shortest] = lists.sort((a, b) => a.length - b.length);
    return shortest === undefined ? this.all : shortest.filter(({ labels }) => selects(selector, labels));
  }
}

/** What selects by labels, to be found by those; selectors that ask for nothing are left out. */
export class Selectors<T> {
  readonly #byLabel = new Map<string, { item: T; selector: LabelMap; place: number }[]>();

  constructor(items: readonly T[], selectorOf: (item: T) => LabelMap | undefined) {
    for (const [place, item] of items.entries()) {
      const selector = selectorOf(item) ?? {};
      const [first] = Object.entries(selector);
      if (first !== undefined) put(this.#byLabel, keyOf(first), { item, selector, place });
    }
  }

  /** Those whose selector has the labels, in the order in which they were given. */
  selecting(labels: LabelMap): readonly T[] {
    return Object.entries(labels)
      .flatMap((label) => this.#byLabel.get(keyOf(label)) ?? [])
      .filter(({ selector }) => selects(selector, labels))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }
}

function put<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}
