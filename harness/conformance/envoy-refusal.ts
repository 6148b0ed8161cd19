import { validateYaml } from "../envoy/index.js";
import { HarnessError } from "../errors.js";
import type { Case } from "./cases.js";
import type { UpstreamPorts } from "./envoy-clusters.js";
import { bootstrap, nodeOf } from "./envoy-config.js";
import { makeSite, type SiteOptions } from "./envoy-site.js";

/** Lets Envoy check a case's configuration, which it must refuse, or as native take. @returns what is wrong */
export async function checkRefusal(
  one: Case,
  envoyPath: string,
  options: SiteOptions,
  ports: UpstreamPorts,
): Promise<string[]> {
  const native = options.subject === "native";
  const expected = native ? one.nativeRefused : one.refused;
  const { listener } = await makeSite(one, "refused", options);
  const config = bootstrap([listener], ports, nodeOf(one));
  const said = await refusal(envoyPath, config, one.case, native);
  if (said === undefined) return expected === false ? [] : ["the configuration was accepted"];
  if (expected === false) return [`refused with ${JSON.stringify(said)}`];
  return said.includes(expected ?? "")
    ? []
    : [`refused with ${JSON.stringify(said)}, not ${JSON.stringify(expected)}`];
}

/**
 * What Envoy says against a configuration; undefined when it takes it.
 *
 * @param any whether any reason will do; otherwise a plugin must have refused it
 */
export async function refusal(
  envoyPath: string,
  config: string,
  name: string,
  any: boolean,
): Promise<string | undefined> {
  try {
    await validateYaml(envoyPath, config, { file: name, text: config });
    return undefined;
  } catch (error) {
    // Of ours the plugin must have refused it: another reason is a mistake in the case.
    if (!(error instanceof HarnessError) || (!any && error.code !== "WASM_REFUSED")) throw error;
    return error.message;
  }
}

/** Envoy starts for each configuration that it only checks, which one core does while another does the next. */
const AT_ONCE = 2;

/** The refusals of a run, checked a little before they are asked for. */
export class Refusals {
  readonly #found = new Map<Case, Promise<string[]>>();

  constructor(
    private readonly cases: readonly Case[],
    private readonly look: (one: Case) => Promise<string[]>,
  ) {}

  check(one: Case): Promise<string[]> {
    const from = Math.max(0, this.cases.indexOf(one));
    for (const next of [one, ...this.cases.slice(from + 1, from + AT_ONCE)]) {
      if (this.#found.has(next)) continue;
      const found = this.look(next);
      // Whoever asks for it is told; until then nobody is.
      found.catch(() => undefined);
      this.#found.set(next, found);
    }
    return this.#found.get(one)!;
  }

  /** Waits for what has been begun. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#found.values());
  }
}
