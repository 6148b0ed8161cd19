// SPDX-License-Identifier: Apache-2.0
import { Bytes, logInfo } from "tremula/assembly";
import { Detector } from "../detect/detector";
import { ProbeSet } from "../detect/probe-set";
import { Protocol, protocolName } from "../detect/protocol";
import { reasonName } from "../detect/reason";
import { Trace } from "../detect/trace";
import { deathText } from "../probes/death";

/** Logs each death, as `died`, octets so far, number of the probe, why; with tabs between them. */
@final
class DeathLog extends Trace {
  died(probe: i32, death: i32, at: i32): void {
    logInfo(`died\t${at}\t${probe}\t${deathText(death)}`);
  }
}

/**
 * Examines octets one by one and logs what happens, a line each: the probes in their order (`probes`), each death (`died`),
 * and the outcome (`verdict`: protocol, reason, octets, server name and application protocols of a TLS hello) or, while
 * it is open, `open` and how many octets there were.
 */
export function explain(set: ProbeSet, octets: Bytes, maxBytes: i32, endOfStream: bool): void {
  let names = "probes";
  for (let i = 0; i < set.probes.length; i++) names += "\t" + protocolName(set.probes[i].protocol);
  logInfo(names);
  const detector = new Detector();
  detector.trace = new DeathLog();
  detector.reset(set, maxBytes);
  let isDecided = false;
  for (let i = 0; i < octets.length && !isDecided; i++) {
    isDecided = detector.feed(octets.ptr + <usize>i, 1, false);
  }
  if (!isDecided && endOfStream) isDecided = detector.feed(octets.ptr, 0, true);
  // A hello that is not whole yet changes the names that are asked for, not the protocol.
  if (!isDecided && detector.protocol == Protocol.Unknown) {
    logInfo(`open\t${octets.length}`);
    return;
  }
  const rest = octets.slice(detector.at);
  if (detector.refines) detector.refine(rest.ptr, rest.length, true);
  const protocol = protocolName(detector.protocol);
  const reason = reasonName(detector.reason);
  const hello = `${text(detector.serverName)}\t${text(detector.alpn)}`;
  logInfo(`verdict\t${protocol}\t${reason}\t${detector.at}\t${hello}`);
}

function text(octets: Bytes | null): string {
  return octets === null ? "" : octets.toString();
}
