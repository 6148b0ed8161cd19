import { PeerAuthentication, type Resources } from "../../resources/index.js";
import type { Journal } from "../journal.js";
import { decidePeerModes, type PeerModes } from "../peer-authentication.js";
import { select, type Workload } from "../select.js";

/** Which mode of mutual TLS holds at which port. */
export function planPeer(resources: Resources, workload: Workload, journal: Journal): PeerModes {
  const all = resources.of(PeerAuthentication);
  const peer = decidePeerModes(all, workload);
  for (const policy of all) {
    const { scope, why } = select(policy, workload, false);
    if (scope === null) journal.passOver(policy, why);
  }
  for (const { policy, why } of peer.outranked) journal.passOver(policy, why);
  if (all.length === 0) return peer;
  const { mode, by, why } = peer.workload;
  journal.decide("mutual TLS", mode, by, why);
  for (const [port, decided] of peer.ports) {
    journal.decide(`mutual TLS of port ${port}`, decided.mode, decided.by, decided.why);
  }
  return peer;
}
