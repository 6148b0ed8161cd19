// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, logDebug, LogLevel, logEnabled, logInfo } from "tremula/assembly";
import { Facts } from "../policy/facts";
import { Engine } from "./engine";
import { NearestMiss } from "./nearest-miss";

/** Writes a line for decisions into Envoy's log: for all at debug level, and for some of them at info level. */
@final
export class Explainer {
  /** Percents since the last line at info level. */
  private due: f64 = 0;
  /** Of the current request: whether its lines are at info level, and whether there are any. */
  private isDue: bool = false;
  private isWanted: bool = false;

  constructor(private readonly percent: f64) {}

  /** Another request begins: what the shadow rules say of it and what is enforced are both explained, or neither. */
  begin(): void {
    this.due += this.percent;
    this.isDue = this.due >= 100;
    if (this.isDue) this.due -= 100;
    this.isWanted = this.isDue || logEnabled(LogLevel.Debug);
  }

  /** Explains a decision that an engine has just made. */
  explain(engine: Engine, isAllowed: bool, facts: Facts, isShadow: bool): void {
    if (!this.isWanted) return;
    const line = new ByteWriter(160).write(isShadow ? "rbac shadow: " : "rbac: ");
    line.write(isAllowed ? "allowed, " : "denied, ");
    const policy = engine.effective;
    if (policy !== null) line.write('policy "').write(policy).write('" matches');
    else this.writeMiss(line, engine, isAllowed, facts);
    const text: Bytes = line.toBytes();
    if (this.isDue) logInfo(text);
    else logDebug(text);
  }

  private writeMiss(line: ByteWriter, engine: Engine, isAllowed: bool, facts: Facts): void {
    line.write("no policy matches");
    const set = engine.policies;
    if (isAllowed || set === null) return;
    const miss = new NearestMiss(set, facts);
    const policy = miss.policy;
    const condition = miss.condition;
    if (policy === null) return;
    line.write('; nearest is "').write(policy.name).write('"');
    if (condition !== null) line.write(", which fails at: ").write(condition);
  }
}
