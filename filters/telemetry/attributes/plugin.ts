// SPDX-License-Identifier: Apache-2.0
import { Bytes, Counter, HttpContext, LifeSpan, PluginContext, PropertyType } from "tremula/assembly";
import { AttributesConfig, Phase } from "./config";
import { AttributesStream } from "./http";
import { Output } from "./output";

/**
 * One configuration of role `attributes` on one worker: Istio's attribute generation. What it makes of a request goes into
 * filter state `wasm.<output_attribute>`.
 */
export class Attributes extends PluginContext {
  /** By phase. */
  readonly atRequest: Output[] = [];
  readonly atLog: Output[] = [];
  /** Conditions that could not be evaluated, for want of an attribute for instance, or were no conditions. */
  readonly errors: Counter = new Counter("attributes.runtime_errors");
  private config: AttributesConfig | null = null;

  onConfigure(configuration: Bytes): bool {
    return this.configure(configuration, this);
  }

  /**
   * What `onConfigure` does, for a plugin that has this one as a part.
   *
   * @param declarer the plugin whose `onConfigure` runs
   */
  configure(configuration: Bytes, declarer: PluginContext): bool {
    const config = AttributesConfig.parse(configuration);
    if (config === null) return false;
    this.config = config;
    for (let i = 0; i < config.generators.length; i++) {
      const generator = config.generators[i];
      // Of one pass through the filters: behind an internal redirect it is another request.
      declarer.declareProperty(generator.name, PropertyType.String, LifeSpan.FilterChain);
      const alias = generator.alias;
      if (alias !== null) declarer.declareProperty(alias, PropertyType.String, LifeSpan.FilterChain);
      const outputs = generator.phase == Phase.Request ? this.atRequest : this.atLog;
      outputs.push(new Output(generator));
    }
    return true;
  }

  createHttpContext(): HttpContext {
    return new AttributesStream(this);
  }

  onDone(): bool {
    const config = this.config;
    if (config !== null) config.drop();
    return true;
  }
}
