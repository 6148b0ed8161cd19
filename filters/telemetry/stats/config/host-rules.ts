// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, JsonObject } from "tremula/assembly";
import { writeTagValue } from "tremula/assembly/host/tag-value";
import { withoutPort, writeLowerCase } from "../labels/host-name";

const DEFAULT_HOSTS: u32 = 1000;
const MOST_HOSTS: u32 = 1_000_000;
const STAR: i32 = 0x2a;

/**
 * `host_header`: what becomes of the hosts that clients send, before they are label values.
 *
 * - `strip_port`: without the port; false unless said otherwise, as in Istio
 * - `lower_case`: capitals made small, and no dot at the end; false
 * - `allow`: hosts that are labels, `*.example.com` for all below a name; others are `other`. All when there are none
 * - `max_hosts`: so many different ones; those that come later are `other`. 1,000
 */
@final
export class HostRules {
  stripPort: bool = false;
  lowerCase: bool = false;
  maxHosts: i32 = <i32>DEFAULT_HOSTS;
  private readonly names: Array<Bytes> = [];
  /** Each begins with the dot. */
  private readonly suffixes: Array<Bytes> = [];

  static read(object: JsonObject | null): HostRules {
    const rules = new HostRules();
    if (object === null) return rules;
    rules.stripPort = object.boolOr("strip_port", false);
    rules.lowerCase = object.boolOr("lower_case", false);
    rules.maxHosts = <i32>object.u32Or("max_hosts", DEFAULT_HOSTS, 1, MOST_HOSTS);
    const allow = object.arrayOrEmpty("allow");
    for (let i = 0; i < allow.length; i++) {
      const name = allow.string(i);
      if (name.isEmpty) allow.refuse(i, "must not be empty");
      else if (name.at(0) == STAR && name.at(1) == 0x2e) rules.suffixes.push(name.slice(1).copy());
      else if (name.indexOfByte(STAR) >= 0) allow.refuse(i, "may have a * before its first dot only");
      else rules.names.push(name.copy());
    }
    return rules;
  }

  /** Writes a host as its label has it. False when it is none of those that are allowed. */
  write(text: ByteWriter, host: Bytes, scratch: ByteWriter): bool {
    const bare = this.stripPort ? withoutPort(host) : host;
    scratch.clear();
    if (this.lowerCase) writeLowerCase(scratch, bare);
    else scratch.write(bare);
    if (!this.allows(scratch.view())) return false;
    writeTagValue(text, scratch.view());
    return true;
  }

  /** A port does not matter here. */
  private allows(host: Bytes): bool {
    if (this.names.length == 0 && this.suffixes.length == 0) return true;
    const name = withoutPort(host);
    for (let i = 0; i < this.names.length; i++) {
      const allowed = unchecked(this.names[i]);
      if (name.equalsIgnoreCase(allowed) || host.equalsIgnoreCase(allowed)) return true;
    }
    for (let i = 0; i < this.suffixes.length; i++) {
      const suffix = unchecked(this.suffixes[i]);
      if (name.length <= suffix.length) continue;
      if (name.slice(-suffix.length).equalsIgnoreCase(suffix)) return true;
    }
    return false;
  }
}
