// SPDX-License-Identifier: Apache-2.0
import { Bytes, Property } from "tremula/assembly";
import { RbacConfig } from "../config/rbac-config";
import { Facts } from "../policy/facts";
import { Stats } from "../stats";
import { Engine } from "./engine";
import { Explainer } from "./explainer";
import { Rules } from "./rules";
import { ShadowState } from "./shadow-state";

/** Asks rules about one request or connection, counts, and leaves word. */
@final
export class Judge {
  /** Of the last decision: the name of what matched; null when nothing did. */
  policy: Bytes | null = null;
  /** Of the last decision: what the shadow rules said. */
  shadowAllowed: bool = true;
  shadowPolicy: Bytes | null = null;
  private readonly shadowState: ShadowState;
  private readonly logHint: Property = new Property("rbac.access_log_hint");
  private readonly explainer: Explainer;

  constructor(
    config: RbacConfig,
    private readonly stats: Stats,
    private readonly facts: Facts,
  ) {
    this.shadowState = new ShadowState(config.shadowStatPrefix);
    this.explainer = new Explainer(config.options.explainPercent);
  }

  /** Whether the request may pass. The shadow rules are asked first, as natively. */
  decide(rules: Rules): bool {
    const shadow = rules.shadow;
    if (shadow !== null) this.tryShadow(shadow);
    const engine = rules.enforced;
    this.policy = null;
    if (engine === null) return true;
    const isAllowed = engine.decide(this.facts);
    const policy = engine.effective;
    this.policy = policy;
    this.stats.countEnforced(isAllowed, policy);
    this.noteHint(engine);
    this.explainer.explain(engine, isAllowed, this.facts, false);
    return isAllowed;
  }

  private tryShadow(engine: Engine): void {
    const isAllowed = engine.decide(this.facts);
    const policy = engine.effective;
    this.shadowAllowed = isAllowed;
    this.shadowPolicy = policy;
    this.stats.countShadow(isAllowed, policy);
    this.shadowState.write(isAllowed, policy);
    this.noteHint(engine);
    this.explainer.explain(engine, isAllowed, this.facts, true);
  }

  /** Native notes it in the metadata `envoy.common`, for access logs that are filtered by it. */
  private noteHint(engine: Engine): void {
    const hint = engine.logHint;
    if (hint !== null) this.logHint.set(hint);
  }
}
