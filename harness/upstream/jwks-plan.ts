/** How one fetch of a key set is answered. */
export interface JwksAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Milliseconds before the answer. */
  readonly delay: number;
  /** The body in pieces, so many milliseconds apart. */
  readonly drip?: { readonly pieces: number; readonly every: number } | undefined;
  /** The connection is closed before an answer. */
  readonly close: boolean;
  /** The answer breaks off in the middle of its body. */
  readonly cut: boolean;
}

const NOT_FOUND: JwksAnswer = {
  status: 404,
  headers: [],
  body: Buffer.from("no such key set\n"),
  delay: 0,
  close: false,
  cut: false,
};

/** What a JWKS server answers, fetch by fetch, and how often it has been asked. */
export class JwksPlan {
  readonly #fetches = new Map<string, number>();

  /** @param script by path what each fetch gets; the last answer stays */
  constructor(private readonly script: ReadonlyMap<string, readonly JwksAnswer[]>) {}

  /** The answer to one more fetch. @param target path and query, as asked for */
  next(target: string): JwksAnswer {
    const path = target.replace(/\?.*$/s, "");
    const before = this.fetches(path);
    this.#fetches.set(path, before + 1);
    const answers = this.script.get(path) ?? [];
    return answers[before] ?? answers.at(-1) ?? NOT_FOUND;
  }

  /** How often a path has been fetched. */
  fetches(path: string): number {
    return this.#fetches.get(path) ?? 0;
  }

  /** All fetches so far. */
  get total(): number {
    return [...this.#fetches.values()].reduce((sum, count) => sum + count, 0);
  }
}
