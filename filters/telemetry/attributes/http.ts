// SPDX-License-Identifier: Apache-2.0
import { FilterHeadersStatus, HttpContext } from "tremula/assembly";
import { Output } from "./output";
import { Attributes } from "./plugin";

/** One request, of which attributes are made. */
@final
export class AttributesStream extends HttpContext {
  constructor(private readonly plugin: Attributes) {
    super();
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.generate(this.plugin.atRequest);
    return FilterHeadersStatus.Continue;
  }

  /** Runs for every request that a filter has seen, and for those that were refused before. */
  onLog(): void {
    this.generate(this.plugin.atLog);
  }

  private generate(outputs: Output[]): void {
    for (let i = 0; i < outputs.length; i++) {
      if (!unchecked(outputs[i]).generate(this)) this.plugin.errors.increment();
    }
  }
}
