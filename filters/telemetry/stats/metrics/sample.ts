// SPDX-License-Identifier: Apache-2.0
import { Protocol, Reporter, Security } from "../labels/label";
import { NO_PRINCIPALS } from "../labels/principals";
import { UNKNOWN_SERVICE } from "../labels/services";
import { UNKNOWN_WORKLOAD } from "../labels/workloads";

/** `grpcStatus` of a stream that is no gRPC. */
export const NO_GRPC_STATUS: i32 = -1;

/**
 * What the labels of one stream are made from, as numbers: two streams with the same numbers count in the same series. One
 * object serves all streams of a plugin, one after the other.
 */
@final
export class Sample {
  reporter: Reporter = Reporter.Source;
  protocol: Protocol = Protocol.Http;
  security: Security = Security.Unknown;
  source: u32 = UNKNOWN_WORKLOAD;
  destination: u32 = UNKNOWN_WORKLOAD;
  principals: u32 = NO_PRINCIPALS;
  service: u32 = UNKNOWN_SERVICE;
  code: u32 = 0;
  grpcStatus: i32 = NO_GRPC_STATUS;
  flags: u64 = 0;
  /** By expression; one that no metric of the moment has is 0. */
  readonly values: StaticArray<u32>;

  constructor(expressions: i32) {
    this.values = new StaticArray<u32>(expressions);
  }

  clear(): void {
    this.security = Security.Unknown;
    this.source = UNKNOWN_WORKLOAD;
    this.destination = UNKNOWN_WORKLOAD;
    this.principals = NO_PRINCIPALS;
    this.service = UNKNOWN_SERVICE;
    this.code = 0;
    this.grpcStatus = NO_GRPC_STATUS;
    this.flags = 0;
    for (let i = 0; i < this.values.length; i++) unchecked((this.values[i] = 0));
  }
}
