// SPDX-License-Identifier: Apache-2.0
import {
  Bytes,
  HttpContext,
  JsonKind,
  JsonReader,
  logError,
  PluginContext,
  TcpContext,
} from "tremula/assembly";
import { AccessLogPolicy } from "./access-log/plugin";
import { Attributes } from "./attributes/plugin";
import { PeerMetadata } from "./peer/plugin";
import { StatsAndPeers } from "./stats-and-peers/plugin";

/** Levels of JSON; each role reads its own configuration, to its own depth. */
const DEEPEST_JSON: i32 = 64;

/**
 * A plugin whose configuration says in `role` what it does: `stats` (what it is without one), `peer-metadata`, `attributes` or
 * `access-log-policy`. For configurations that cannot set a `root_id`; one of these names as the `root_id` does the same.
 */
export class Telemetry extends PluginContext {
  private role: PluginContext | null = null;

  onConfigure(configuration: Bytes): bool {
    const name = roleOf(configuration);
    if (name.equals("stats")) {
      const stats = new StatsAndPeers();
      this.role = stats;
      return stats.configure(configuration, this);
    }
    if (name.equals("peer-metadata")) {
      const peers = new PeerMetadata();
      this.role = peers;
      return peers.configure(configuration, this);
    }
    if (name.equals("attributes")) {
      const attributes = new Attributes();
      this.role = attributes;
      return attributes.configure(configuration, this);
    }
    if (name.equals("access-log-policy")) {
      const policy = new AccessLogPolicy();
      this.role = policy;
      return policy.configure(configuration, this);
    }
    logError(
      Bytes.of("$.role: expected one of stats, peer-metadata, attributes, access-log-policy, not ").concat(
        name,
      ),
    );
    return false;
  }

  createHttpContext(): HttpContext | null {
    const role = this.role;
    return role !== null ? role.createHttpContext() : null;
  }

  createTcpContext(): TcpContext | null {
    const role = this.role;
    return role !== null ? role.createTcpContext() : null;
  }

  onTick(): void {
    const role = this.role;
    if (role !== null) role.onTick();
  }

  onDone(): bool {
    const role = this.role;
    return role === null || role.onDone();
  }

  onDelete(): void {
    const role = this.role;
    if (role !== null) role.onDelete();
  }
}

/** What is no JSON is for the role to refuse, which says what is wrong with it. */
function roleOf(configuration: Bytes): Bytes {
  const json = JsonReader.parsePlain(configuration, DEEPEST_JSON, configuration.length);
  const value = json.value();
  if (value.kind != JsonKind.Object) return Bytes.of("stats");
  const role = value.object().value("role");
  return role !== null && role.kind == JsonKind.String ? role.string() : Bytes.of("stats");
}
