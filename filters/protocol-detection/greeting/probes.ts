// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { PatternProbe } from "../probes/pattern";
import { Probe } from "../probes/probe";
import { MySqlGreeting } from "./mysql";
import { TwoTwentyGreeting } from "./two-twenty";

/** A probe for each way in which a server that speaks first may begin. */
export function greetingProbes(): Array<Probe> {
  return [
    new MySqlGreeting(),
    new TwoTwentyGreeting(),
    // RFC 1939 section 4.
    new PatternProbe(Protocol.Pop3, `"+OK" 0d|20`),
    // RFC 3501 section 7.1.
    new PatternProbe(Protocol.Imap, `"*_OK" 0d|20`),
    new PatternProbe(Protocol.Imap, `"*_PREAUTH_"`),
    new PatternProbe(Protocol.Nats, `"INFO_{"`),
    // RFC 6143 section 7.1.1.
    new PatternProbe(Protocol.Vnc, `"RFB_00" 33-34 "."`),
    new PatternProbe(Protocol.Rsync, `"@RSYNCD:_"`),
    new PatternProbe(Protocol.Ssh, `"SSH-2.0-"`),
    new PatternProbe(Protocol.Ssh, `"SSH-1." 30-39`),
    // RFC 854: a command that negotiates, and an option that is assigned.
    new PatternProbe(Protocol.Telnet, "ff fb-fe 00-31"),
  ];
}
