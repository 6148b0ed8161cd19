// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";

/** Whether the client waits for the server's greeting, so that nothing of the protocol can be examined before it. */
export function isServerFirst(protocol: Protocol): bool {
  return isGreetingOnly(protocol) || [Protocol.Smtp, Protocol.Nats, Protocol.Rsync].includes(protocol);
}

/** Whether nothing that a client sends tells the protocol. */
export function isGreetingOnly(protocol: Protocol): bool {
  return protocol >= Protocol.MySql;
}
