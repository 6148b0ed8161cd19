// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter } from "tremula/assembly";
import { HostRules } from "../config/host-rules";
import { OVERFLOW, UNKNOWN } from "./label";
import { NONE, TextIndex } from "./text-index";

/** Octets of a host that are looked at; the longest DNS name has 253. */
const LONGEST_HOST: i32 = 512;
/** What a text in the index begins with. */
const BY_NAME: u8 = 0x6e;
const BY_HOST: u8 = 0x68;
const OTHER: string = "other";

/** What labels say of the service that a stream is for. */
@final
export class Service {
  constructor(
    readonly host: Bytes,
    readonly name: Bytes,
    /** Null when it is for others to say: the namespace of the destination's workload. */
    readonly namespace: Bytes | null = null,
  ) {}
}

/** Numbers of services that are always there. */
export const UNKNOWN_SERVICE: u32 = 0;
export const OVERFLOW_SERVICE: u32 = 1;
/** Hosts that are not allowed, or came when there were enough. */
const OTHER_HOST: u32 = 2;

/** Services by number: what the key of a series has of them. Hosts come from clients, so there is a limit for them. */
@final
export class Services {
  private readonly list: Array<Service> = [];
  /** By host and name. */
  private readonly index: TextIndex;
  private readonly numbers: Array<u32> = [];
  private readonly text: ByteWriter = new ByteWriter(256);
  private readonly label: ByteWriter = new ByteWriter(256);
  private readonly scratch: ByteWriter = new ByteWriter(256);
  private hosts: i32 = 0;
  /** Hosts that became `other`, since somebody took the number. */
  others: u32 = 0;

  constructor(
    private readonly rules: HostRules,
    /** Services that the configuration of Envoy names. */
    private readonly limit: i32,
  ) {
    this.index = new TextIndex(limit + rules.maxHosts);
    this.list.push(new Service(Bytes.of(UNKNOWN), Bytes.of(UNKNOWN)));
    this.list.push(new Service(Bytes.of(OVERFLOW), Bytes.of(OVERFLOW), Bytes.of(OVERFLOW)));
    this.list.push(new Service(Bytes.of(OTHER), Bytes.of(OTHER)));
  }

  at(number: u32): Service {
    return unchecked(this.list[number < <u32>this.list.length ? number : UNKNOWN_SERVICE]);
  }

  /** The number of a service that Envoy's configuration names; its parts are fit for labels. */
  named(host: Bytes, name: Bytes, namespace: Bytes | null): u32 {
    const text = this.text.clear().writeByte(BY_NAME).write(host).writeByte(0).write(name).writeByte(0);
    if (namespace !== null) text.writeByte(BY_NAME).write(namespace);
    const known = this.index.indexOf(text.view());
    if (known != NONE) return unchecked(this.numbers[known]);
    if (this.index.count - this.hosts >= this.limit) return OVERFLOW_SERVICE;
    return this.add(new Service(host.copy(), name.copy(), namespace !== null ? namespace.copy() : null));
  }

  /**
   * The number of a service that only a client's host tells.
   *
   * @param name what it is called, or empty: its host
   */
  ofHost(host: Bytes, name: Bytes): u32 {
    const raw = host.slice(0, LONGEST_HOST);
    // Most clients write a host as its label has it.
    const known = this.index.indexOf(this.hostText(raw, name));
    if (known != NONE) return unchecked(this.numbers[known]);
    const label = this.label.clear();
    if (raw.isEmpty || !this.rules.write(label, raw, this.scratch)) return this.other(name);
    const text = this.hostText(label.view(), name);
    const normal = this.index.indexOf(text);
    if (normal != NONE) return unchecked(this.numbers[normal]);
    if (this.hosts >= this.rules.maxHosts) return this.other(name);
    this.hosts++;
    const written = label.toBytes();
    return this.add(new Service(written, name.isEmpty ? written : name.copy()));
  }

  private hostText(host: Bytes, name: Bytes): Bytes {
    return this.text.clear().writeByte(BY_HOST).write(name).writeByte(0).write(host).view();
  }

  private other(name: Bytes): u32 {
    this.others++;
    return name.isEmpty ? OTHER_HOST : this.named(Bytes.of(OTHER), name, null);
  }

  /** Under the text that has been written. */
  private add(service: Service): u32 {
    const number = <u32>this.list.length;
    if (this.index.add(this.text.view()) == NONE) return OVERFLOW_SERVICE;
    this.numbers.push(number);
    this.list.push(service);
    return number;
  }
}
