// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderMap, Status } from "tremula/assembly";
import { LocationKind } from "../config/location";
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { Candidate } from "../request/candidate";
import { Effects } from "../request/effects";
import { cutParameter } from "../request/query";
import { Stats } from "../stats";
import { Outputs } from "./outputs";
import { StateKeys } from "./state-keys";

/** Does to a request what has been decided: takes tokens away, and adds what they say. */
@final
export class Applier {
  private path: Bytes = Bytes.EMPTY;
  private pathChanged: bool = false;

  constructor(
    private readonly providers: Array<Provider>,
    private readonly states: Array<StateKeys>,
    private readonly stats: Stats,
    private readonly mode: Mode,
  ) {}

  /** @returns whether a provider wants the route to be chosen anew */
  apply(effects: Effects, headers: HeaderMap, path: Bytes): bool {
    this.path = path;
    this.pathChanged = false;
    let rerouted = false;
    for (let step = 0; step < effects.length; step++) {
      const candidate = effects.candidate(step);
      if (candidate === null) continue;
      const provider = unchecked(this.providers[effects.provider(step)]);
      if (!effects.repeats(step)) this.add(effects, step, provider, candidate, headers);
      if (!provider.forward) this.remove(candidate, headers);
      if (provider.clearRouteCache) rerouted = true;
    }
    if (this.pathChanged) headers.replace(":path", this.path);
    const statusHeader = effects.statusHeader;
    if (statusHeader !== null) headers.replace(statusHeader, effects.statusValue);
    return rerouted;
  }

  /** Writes filter state: what good tokens say, and why others are not good. For requests that are denied too, as natively. */
  tell(effects: Effects): void {
    for (let step = 0; step < effects.length; step++) {
      const candidate = effects.candidate(step);
      if (candidate === null) continue;
      const index = effects.provider(step);
      const outputs: Outputs = candidate.token(this.mode).outputsFor(unchecked(this.providers[index]));
      unchecked(this.states[index]).write(outputs);
    }
    for (let i = 0; i < effects.failed; i++) {
      this.states[effects.failedProvider(i)].writeFailure(effects.failedStatus(i));
    }
  }

  private add(
    effects: Effects,
    step: i32,
    provider: Provider,
    candidate: Candidate,
    headers: HeaderMap,
  ): void {
    const outputs: Outputs = candidate.token(this.mode).outputsFor(provider);
    const payloadHeader = provider.payloadHeader;
    if (payloadHeader !== null && effects.survives(payloadHeader, step))
      headers.add(payloadHeader, outputs.payload);
    for (let i = 0; i < provider.claims.length; i++) {
      const value = unchecked(outputs.claims[i]);
      const header = unchecked(provider.claims[i]).header;
      if (value === null || !effects.survives(header, step)) continue;
      // Line breaks and the like, which would end the header, are refused.
      if (headers.add(header, value) != Status.Ok) this.stats.claimsDropped.increment();
    }
  }

  private remove(candidate: Candidate, headers: HeaderMap): void {
    const site = candidate.site;
    if (site.kind == LocationKind.Header) headers.remove(site.name);
    else if (site.kind == LocationKind.Parameter) {
      this.path = cutParameter(this.path, site.name);
      this.pathChanged = true;
    }
  }
}
