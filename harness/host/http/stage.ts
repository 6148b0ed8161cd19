import type { Body } from "../buffer.js";
import type { LocalResponse } from "../context.js";
import type { DataStatus, HeadersStatus, MapType, TrailersStatus } from "../enums.js";
import { EnvoyHazard } from "../errors.js";
import { HeaderMap } from "../header-map.js";
import type { StreamInfo } from "../stream-info.js";
import { HttpContext, type StreamCallbacks } from "./context.js";
import { Direction, type Way } from "./direction.js";
import type { FilterManager, FilterSettings, Side } from "./filter-manager.js";
import { hostReply } from "./local-reply.js";

/** A filter of the chain: a plugin's context for this stream, and what it holds in either direction. */
export class Stage implements StreamCallbacks {
  readonly request: Direction;
  readonly response: Direction;
  readonly context: HttpContext;

  constructor(
    readonly manager: FilterManager,
    private readonly filter: FilterSettings,
    index: number,
    bufferLimit: number,
  ) {
    this.request = new Direction(new StageWay(this, "request", index), bufferLimit);
    this.response = new Direction(new StageWay(this, "response", index), bufferLimit);
    this.context = new HttpContext(filter.root, this);
  }

  get info(): StreamInfo {
    return this.manager.info;
  }

  get allowStopIteration(): boolean {
    return this.filter.allowStopIteration;
  }

  get failOpen(): boolean {
    return this.filter.root.plugin.failurePolicy === "FAIL_OPEN";
  }

  addTrailers(side: Side): HeaderMap {
    return (this[side].trailers ??= new HeaderMap());
  }

  sendLocalReply(response: LocalResponse): void {
    this.manager.events.localResponse(response);
    this.manager.sendLocalReply(response);
  }

  refuse(): void {
    this.manager.sendLocalReply(hostReply(503, "", "wasm_fail_stream"));
  }

  resume(side: Side): void {
    this[side].resume();
  }

  reset(): void {
    this.manager.reset("reset by the filter");
  }

  clearRouteCache(): void {
    this.manager.events.routeCacheCleared();
  }

  logged(type: MapType): HeaderMap | null {
    return this.manager.logged(type);
  }
}

/** One direction through one filter, on to the next one or out of the chain. */
class StageWay implements Way {
  constructor(
    private readonly stage: Stage,
    private readonly side: Side,
    private readonly index: number,
  ) {}

  filterHeaders(end: boolean): HeadersStatus {
    const { stage, side } = this;
    return stage.manager.call(side, () => stage.context.headers(side, stage[side].headers!, end));
  }

  filterData(body: Body, end: boolean): DataStatus {
    const { stage, side } = this;
    return stage.manager.call(side, () => stage.context.body(side, body, end));
  }

  filterTrailers(): TrailersStatus {
    const { stage, side } = this;
    return stage.manager.call(side, () => stage.context.trailers(side, stage[side].trailers!));
  }

  passHeaders(end: boolean): void {
    const { stage, side } = this;
    const headers = stage[side].headers!;
    const next = stage.manager.next(side, this.index);
    if (next === undefined) stage.manager.leaveHeaders(side, headers, end);
    else next[side].receiveHeaders(headers, end);
  }

  passData(bytes: Uint8Array, end: boolean): void {
    const { stage, side } = this;
    const next = stage.manager.next(side, this.index);
    if (next === undefined) stage.manager.leaveData(side, bytes, end);
    else next[side].receiveData(bytes, end);
  }

  passTrailers(): void {
    const { stage, side } = this;
    const trailers = stage[side].trailers!;
    const next = stage.manager.next(side, this.index);
    if (next === undefined) stage.manager.leaveTrailers(side, trailers);
    else next[side].receiveTrailers(trailers);
  }

  aborted(): boolean {
    return this.stage.manager.aborted(this.side);
  }

  tooLarge(): void {
    const { side } = this;
    const [status, text] = side === "request" ? [413, "Payload Too Large"] : [500, "Internal Server Error"];
    this.stage.manager.sendLocalReply(hostReply(status, text, `${side}_payload_too_large`));
  }

  hazard(what: string): void {
    throw new EnvoyHazard(`the filter ${what}; Envoy does not survive that`);
  }
}
