// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { greetingProbes } from "../greeting/probes";
import { standardMethods } from "../probes/methods";
import { Probe, Slot } from "../probes/probe";
import { clientProbes } from "../probes/table";
import { Protocol, PROTOCOLS } from "./protocol";

const OCTETS: i32 = 256;
/** Bits of the set of live probes. */
const MOST_PROBES: i32 = 64;

/**
 * Protocols that are looked for unless a configuration names others: all that a client's first octets tell, but OpenVPN,
 * whose first octets are hardly more than a length, and BitTorrent, which one asks for in order to deny it.
 */
export function standardProtocols(): Array<Protocol> {
  const protocols: Array<Protocol> = [];
  for (let p = Protocol.Http10; p < Protocol.OpenVpn; p++) if (p != Protocol.Grpc) protocols.push(p);
  protocols.push(Protocol.Tinc);
  return protocols;
}

/** The probes that are used together, compiled at configuration: which of them are candidates after each first octet. */
@final
export class ProbeSet {
  /** For each first octet the probes that it leaves alive, one bit each. */
  readonly first: StaticArray<u64> = new StaticArray<u64>(OCTETS);
  /** The largest number of candidates that a first octet leaves. */
  readonly width: i32;
  private readonly enabled: StaticArray<bool> = new StaticArray<bool>(PROTOCOLS);

  private constructor(
    readonly probes: Array<Probe>,
    protocols: Array<Protocol>,
    /** Whether a TLS connection is decided only when its ClientHello has been read, for its server name and ALPN. */
    readonly readsHello: bool,
  ) {
    assert(probes.length <= MOST_PROBES);
    for (let i = 0; i < protocols.length; i++) this.enabled[protocols[i]] = true;
    let width = 0;
    for (let octet = 0; octet < OCTETS; octet++) {
      const candidates = candidatesFor(probes, octet);
      this.first[octet] = candidates;
      width = max(width, <i32>popcnt(candidates));
    }
    this.width = width;
  }

  /**
   * The probes for these protocols, of what a client sends first. Protocols that only a server's greeting tells have none,
   * and `Grpc` is no probe: it makes `Detector.refines` true for HTTP/2.
   *
   * @param methods HTTP/1 methods; none for those of the standards
   * @param readsHello whether to decide TLS only when the ClientHello is whole, or cannot be
   */
  static of(protocols: Array<Protocol>, methods: Array<Bytes> = [], readsHello: bool = false): ProbeSet {
    const all = clientProbes(methods.length > 0 ? methods : standardMethods());
    const wanted: Array<Probe> = [];
    for (let i = 0; i < all.length; i++) if (isWanted(all[i].protocol, protocols)) wanted.push(all[i]);
    return new ProbeSet(wanted, protocols, readsHello);
  }

  /** The probes for what a server sends first. */
  static greetings(): ProbeSet {
    return ProbeSet.from(greetingProbes());
  }

  /** These probes, for all that they can find. */
  static from(probes: Array<Probe>): ProbeSet {
    const protocols: Array<Protocol> = [];
    for (let p = 1; p < PROTOCOLS; p++) protocols.push(<Protocol>p);
    return new ProbeSet(probes, protocols, false);
  }

  /** The same probes in another order, for proofs that it does not matter. */
  shuffled(seed: u64): ProbeSet {
    const probes = this.probes.slice();
    for (let i = probes.length - 1; i > 0; i--) {
      seed = seed * 6364136223846793005 + 1442695040888963407;
      const j = <i32>((seed >> 33) % <u64>(i + 1));
      const other = probes[i];
      probes[i] = probes[j];
      probes[j] = other;
    }
    const protocols: Array<Protocol> = [];
    for (let p = 0; p < PROTOCOLS; p++) if (this.enabled[p]) protocols.push(<Protocol>p);
    return new ProbeSet(probes, protocols, this.readsHello);
  }

  /** Whether a protocol is looked for: one probe may tell several apart. */
  has(protocol: Protocol): bool {
    return this.enabled[protocol];
  }
}

/** HTTP/1.0 and 1.1 are one probe, which is there for either. */
function isWanted(protocol: Protocol, protocols: Array<Protocol>): bool {
  if (protocol == Protocol.Http10 && protocols.includes(Protocol.Http11)) return true;
  return protocols.includes(protocol);
}

function candidatesFor(probes: Array<Probe>, octet: u32): u64 {
  const memory = new StaticArray<u8>(offsetof<Slot>());
  const slot = changetype<Slot>(memory);
  let candidates: u64 = 0;
  for (let i = 0; i < probes.length; i++) {
    store<u64>(changetype<usize>(slot), 0);
    store<u64>(changetype<usize>(slot), 0, 8);
    store<u64>(changetype<usize>(slot), 0, 16);
    if (probes[i].step(slot, octet, 0) >= 0) {
      const bit: u64 = 1;
      const shift = <u64>i;
      candidates |= bit << shift;
    }
  }
  return candidates;
}
