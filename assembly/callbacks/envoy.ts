// SPDX-License-Identifier: Apache-2.0
import { enterCallback, leaveCallback, makeEffective } from "../abi/callback";
import { waiting } from "../context/dispatcher";
import { foreignArguments } from "../host/body";
import { countDropped, countUnknown } from "../host/callout";
import { answeredQuery, DnsAnswer, hearDns } from "../host/dns-query";
import { Bytes } from "../text/bytes";

// Callbacks that are Envoy's own and no part of the ABI (source/extensions/common/wasm/wasm.cc, getFunctions). The other one,
// `envoy_on_stats_update`, is left out: Envoy 1.40.0 calls it with a size that it has not computed, 247,646,063 for the first
// flush of a small configuration and another in each run, and counts metrics that are not in the block.

// Initialized in the modules that have the callback below, and in no other.
// @ts-ignore: decorator
@lazy
const HEARD: bool = hearDns();

export function envoy_on_resolve_dns(pluginId: u32, token: u32, size: u32): void {
  const query = HEARD ? answeredQuery(token) : null;
  const outer = enterCallback("envoy_on_resolve_dns", pluginId);
  if (query === null) {
    countUnknown();
  } else {
    const octets = size > 0 ? foreignArguments.get() : null;
    const context = waiting(query);
    query._release();
    if (context !== null && makeEffective(context.id)) {
      context.onDnsAnswer(query, new DnsAnswer(octets !== null ? octets : Bytes.EMPTY));
    } else {
      countDropped();
    }
  }
  leaveCallback(outer);
}
