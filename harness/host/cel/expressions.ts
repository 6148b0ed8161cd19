import type { CelInput, CelResult } from "@bufbuild/cel";
import type { Context } from "../context.js";
import { Status } from "../enums.js";
import { accepted } from "./audit.js";
import { variablesOf } from "./attributes.js";
import type { CelEngine } from "./library.js";
import { encodeResult } from "./result.js";

type Plan = (variables: Record<string, CelInput>) => CelResult;

/** The expressions that a plugin has compiled, by number: each plugin has its own numbers, from 0 on. */
export class Expressions {
  readonly #plans = new Map<number, Plan>();
  #next = 0;

  /** @returns the expression's number, or null when Envoy would not compile it */
  create({ library, environment }: CelEngine, text: string): number | null {
    try {
      // Without an end of line the library takes a comment for a syntax error.
      const parsed = library.parse(`${text}\n`);
      if (!accepted(parsed.expr, (name) => environment.registry.getMessage(name) !== undefined)) return null;
      this.#plans.set(this.#next, library.plan(environment, parsed));
      return this.#next++;
    } catch {
      // A syntax error, or text too deeply nested.
      return null;
    }
  }

  evaluate(engine: CelEngine, token: number, context: Context): Uint8Array | Status {
    const plan = this.#plans.get(token);
    if (plan === undefined) return Status.NotFound;
    const result = plan(variablesOf(engine, context));
    const { library } = engine;
    return library.isCelError(result) ? Status.InternalFailure : encodeResult(library, result);
  }

  delete(token: number): void {
    this.#plans.delete(token);
  }
}
