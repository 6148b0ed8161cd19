import { compile } from "../../../harness/build/compile.js";
import { nativeFilter, ourFilter, type Listener } from "./chain.js";
import type { Outcome } from "./client.js";
import type { Configuration } from "./configuration.js";
import { literalsOf, type Literals } from "./literals.js";
import { build, slotsOf, type RequestPlan, type SentRequest, type Slots } from "./request.js";
import { Rig } from "./rig.js";

/** A configuration, and what requests for it are made of. */
export interface Subject {
  readonly configuration: Configuration;
  /** Of each policy. */
  readonly literals: readonly Literals[];
  readonly slots: Slots;
}

type Counters = Record<string, number>;

/** One Envoy in which each configuration is there twice: for the native filter and for ours. */
export class Pairs {
  readonly #rig: Rig;
  readonly #subjects: readonly Subject[];

  private constructor(rig: Rig, subjects: readonly Subject[]) {
    this.#rig = rig;
    this.#subjects = subjects;
  }

  static async start(configurations: readonly Configuration[]): Promise<Pairs> {
    const module = await ourModule();
    const subjects = configurations.map(subjectOf);
    const listeners = subjects.flatMap(({ configuration, slots }, index): Listener[] => {
      // A prefix of its own, so that counters of one VM can be told apart.
      const named = { ...configuration, rules_stat_prefix: `c${index}` };
      const common = { slots, shadowPrefix: configuration.shadow_rules_stat_prefix ?? "" };
      return [
        { ...common, name: `native-${index}`, filters: [nativeFilter(named)] },
        {
          ...common,
          name: `ours-${index}`,
          filters: [module === null ? nativeFilter(named) : ourFilter(named, module)],
        },
      ];
    });
    return new Pairs(await Rig.start(listeners), subjects);
  }

  request(index: number, plan: RequestPlan): SentRequest {
    const { literals, slots } = this.#subjects[index]!;
    return build(plan, literals[plan.policy % literals.length]!, slots);
  }

  /** What the native filter says, and what ours says. */
  ask(index: number, request: SentRequest): Promise<[Outcome, Outcome]> {
    return Promise.all([this.#rig.ask(`native-${index}`, request), this.#rig.ask(`ours-${index}`, request)]);
  }

  /**
   * What the native filters counted, and what ours did. Native has a prefix for each listener; ours are told apart by the
   * prefixes of their rules, and count the shadow rules of one prefix together.
   */
  async counters(): Promise<[Counters, Counters]> {
    const native: Counters = {};
    const ours: Counters = {};
    for (const [name, value] of await this.#rig.counters()) {
      const [, who, theirs] = /^http\.(native|ours)-\d+\.rbac\.(.+)$/.exec(name) ?? [];
      const own = /^wasmcustom\.rbac\.(.+)$/.exec(name)?.[1] ?? (who === "ours" ? theirs : undefined);
      if (own !== undefined) ours[own] = (ours[own] ?? 0) + value;
      else if (theirs !== undefined) native[theirs] = (native[theirs] ?? 0) + value;
    }
    return [native, ours];
  }

  log(): Promise<string> {
    return this.#rig.log();
  }

  stop(): Promise<void> {
    return this.#rig.stop();
  }
}

/** The compiled filter; null with TREMULA_ORACLE=native, which compares the native filter with itself. */
export async function ourModule(): Promise<string | null> {
  if (process.env.TREMULA_ORACLE === "native") return null;
  return (await compile({ entry: "filters/rbac/index.ts" })).outFile;
}

export function subjectOf(configuration: Configuration): Subject {
  const { rules, shadow_rules: shadow, matcher, shadow_matcher: shadowMatcher } = configuration;
  const trees = [matcher, shadowMatcher].filter((tree) => tree !== undefined);
  const policies = [
    ...trees,
    ...Object.values(rules?.policies ?? {}),
    ...Object.values(shadow?.policies ?? {}),
  ];
  return {
    configuration,
    literals: policies.length > 0 ? policies.map(literalsOf) : [literalsOf({})],
    slots: slotsOf(literalsOf(policies)),
  };
}
