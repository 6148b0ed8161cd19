// SPDX-License-Identifier: Apache-2.0
import { Bytes, logDebug, logEnabled, LogLevel, Status, TcpContext } from "tremula/assembly";
import { Declaration } from "../declare/declaration";
import { countVerdict, routeFailed } from "../stats";
import { Action } from "./action";
import { labelProtocol, labelReason } from "./labels";

const CLUSTER: string = "envoy.tcp_proxy.cluster";

/**
 * Makes known what a connection is, and sends it where it belongs. The connection that is acted on must be this one.
 *
 * @returns whether it may go on; otherwise it is being closed
 */
export function carryOut(
  connection: TcpContext,
  name: Bytes,
  reason: Bytes,
  action: Action,
  declaration: Declaration | null,
): bool {
  labelProtocol(name);
  labelReason(reason);
  let closes = action.closes;
  const cluster = action.cluster;
  const isRouted = !closes && !cluster.isEmpty;
  if (isRouted && connection.setEnvoyFilterState(CLUSTER, cluster) != Status.Ok) {
    // The cluster that tcp_proxy would take instead may be one that is not for this protocol.
    routeFailed.increment();
    closes = true;
  }
  if (logEnabled(LogLevel.Debug)) tell(name, reason, closes, declaration);
  countVerdict(name, reason, closes ? "closed" : isRouted ? "routed" : "passed");
  if (closes) connection.closeDownstream();
  return !closes;
}

function tell(name: Bytes, reason: Bytes, closes: bool, declaration: Declaration | null): void {
  let text = name.concat(", ").concat(reason);
  if (closes) text = text.concat(", closed");
  if (declaration !== null) {
    text = text.concat("; declared ").concat(declaration.name);
    if (!declaration.reason.isEmpty) text = text.concat(": ").concat(declaration.reason);
  }
  logDebug(text);
}
