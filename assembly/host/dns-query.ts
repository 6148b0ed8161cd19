// SPDX-License-Identifier: Apache-2.0
import { Status } from "../abi/enums";
import { envoy_resolve_dns } from "../abi/imports";
import { OUT } from "../abi/memory";
import { Bytes } from "../text/bytes";
import { Callout, expectNobody, InFlight } from "./callout";

/**
 * The addresses of a name, from Envoy's own resolver, which is nothing of the ABI. Send it with
 * `dispatch` of a context; they come to that context's `onDnsAnswer`, for names that need no question to a server, such as
 * `localhost`, before `dispatch` returns.
 */
export class DnsQuery extends Callout {
  /** The name, as a host name in ASCII. */
  name: Bytes;

  /** What is known as octets only goes into the field instead. */
  constructor(name: string = "") {
    super();
    this.name = Bytes.of(name);
  }

  /** @internal */
  _start(contextId: u32): Status {
    if (this.pending) return this._refuse("DNS query", "it is under way already", Status.BadArgument);
    if (this.name.isEmpty) return this._refuse("DNS query", "its name is empty", Status.BadArgument);
    // Without the callback nothing would ever take it off the list.
    if (heard) {
      this._contextId = contextId;
      starting = this;
    }
    const status = envoy_resolve_dns(this.name.ptr, <usize>this.name.length, OUT);
    starting = null;
    if (status != Status.Ok) {
      this._contextId = 0;
      return this._refuse("DNS query", `status ${status.toString()} from the host`, status);
    }
    if (this.pending) {
      this._token = load<u32>(OUT);
      dnsQueries.add(this);
    }
    return Status.Ok;
  }

  /** @internal */
  _abandon(answered: bool): void {
    dnsQueries.remove(this);
    if (answered) expectNobody();
  }
}

/** The addresses that a `DnsQuery` was answered with; none when the name has none, and when Envoy could not find out. */
@final
export class DnsAnswer {
  /** Number of addresses. */
  readonly count: i32;

  // A number of entries, a time to live for each, and their addresses, each with a 0x00 behind it (Envoy:
  // source/extensions/common/wasm/context.cc, onResolveDns).
  constructor(private readonly octets: Bytes) {
    const count = octets.length < 4 ? 0 : load<u32>(octets.ptr);
    this.count = 4 + <u64>count * 5 <= <u64>octets.length ? <i32>count : 0;
  }

  /** An address as text, without a port: `192.0.2.1` or `2001:db8::1`. Empty outside the list. */
  address(index: i32): Bytes {
    if (<u32>index >= <u32>this.count) return Bytes.EMPTY;
    let start = 4 + this.count * 4;
    let end = this.octets.indexOfByte(0, start);
    for (; index > 0 && end >= 0; index--) {
      start = end + 1;
      end = this.octets.indexOfByte(0, start);
    }
    return end >= 0 ? withoutPort(this.octets.slice(start, end)) : Bytes.EMPTY;
  }

  /** Seconds that an address may be kept for; 0 outside the list. */
  ttl(index: i32): u32 {
    return <u32>index < <u32>this.count ? load<u32>(this.octets.ptr + 4 + ((<usize>index) << 2)) : 0;
  }
}

/** Envoy writes `192.0.2.1:0` and `[2001:db8::1]:0`. */
function withoutPort(address: Bytes): Bytes {
  if (address.at(0) == 0x5b) return address.slice(1, max(address.indexOfByte(0x5d), 1));
  const colon = address.indexOfByte(0x3a);
  return colon >= 0 && address.indexOfByte(0x3a, colon + 1) < 0 ? address.slice(0, colon) : address;
}

// @ts-ignore: decorator
@lazy
const dnsQueries = new InFlight();

/** The query that the host is being asked, which it may answer at once. */
let starting: DnsQuery | null = null;

/** Whether this module exports the callback that brings answers. */
let heard: bool = false;

/** For the callback: notes that answers can come. @returns true */
export function hearDns(): bool {
  heard = true;
  return true;
}

/** For the callback: the query that a token belongs to, off the list of those under way; or null. */
export function answeredQuery(token: u32): DnsQuery | null {
  const asked = starting;
  // The host stores the token before it does anything else.
  if (asked !== null && load<u32>(OUT) == token) {
    starting = null;
    return asked;
  }
  const query = dnsQueries.find(token);
  if (query !== null) dnsQueries.remove(query);
  return changetype<DnsQuery | null>(query);
}
