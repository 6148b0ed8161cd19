// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Protocol } from "../detect/protocol";
import { Death } from "./death";
import { Probe, Slot } from "./probe";

const SP: u32 = 0x20;
const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const DEL: u32 = 0x7f;

/** Where the reading is in the line. */
enum Stage {
  Method,
  BeforeTarget,
  Target,
  BeforeVersion,
  Version,
  Minor,
  AfterMinor,
  LineFeed,
}

/**
 * A line of method, target and version, as HTTP/1, RTSP and SIP begin with: `METHOD target NAME/digit.digit` and a line end,
 * which may be a lone line feed (RFC 9112 section 2.2). More than one space between the parts does no harm, as servers take
 * it (section 3); everything else that servers may take does: octets before the line, tabs, words behind the version. Only
 * the line decides, so that an octet that no such line has kills the probe at once.
 */
@final
export class RequestLineProbe extends Probe {
  private readonly methods: Array<Bytes>;
  private readonly version: Bytes;

  /**
   * @param methods the words that the line may begin with
   * @param version all but the last digit, as in `HTTP/1.`
   * @param protocol for the last digit 0, and `other` for 1; `Unknown` where there is no such version
   */
  constructor(
    protocol: Protocol,
    methods: Array<Bytes>,
    version: string,
    private readonly zero: Protocol,
    private readonly one: Protocol,
  ) {
    super(protocol);
    this.methods = methods.slice().sort((a, b) => a.compare(b));
    this.version = Bytes.fromString(version);
  }

  step(slot: Slot, octet: u32, index: i32): i32 {
    switch (slot.state) {
      case Stage.Method:
        return this.method(slot, octet, index);
      case Stage.BeforeTarget:
        if (octet == SP) return 0;
        slot.state = Stage.Target;
        return isTarget(octet) ? 0 : Death.Text;
      case Stage.Target:
        if (isTarget(octet)) return 0;
        slot.state = Stage.BeforeVersion;
        slot.count = 0;
        return octet == SP ? 0 : Death.Text;
      case Stage.BeforeVersion:
        if (octet == SP) return 0;
        slot.state = Stage.Version;
        return this.versionOctet(slot, octet);
      case Stage.Version:
        return this.versionOctet(slot, octet);
      case Stage.Minor:
        return this.minor(slot, octet);
      case Stage.AfterMinor:
        slot.state = Stage.LineFeed;
        if (octet == CR) return 0;
        break;
      default:
        break;
    }
    return octet == LF ? <i32>slot.value : Death.LineEnd;
  }

  run(slot: Slot, ptr: usize, from: i32, to: i32): i32 {
    for (let i = from; i < to; i++, ptr++) {
      const octet = <u32>load<u8>(ptr);
      // Most of a line is its target.
      if (slot.state == Stage.Target && isTarget(octet)) continue;
      const result = this.step(slot, octet, i);
      if (result != 0) {
        slot.at = i + 1;
        return result;
      }
    }
    return 0;
  }

  /** The methods that begin as the line does are those from the low half of `value` up to the high half, at first all. */
  private method(slot: Slot, octet: u32, index: i32): i32 {
    const methods = this.methods;
    let low = <i32>(slot.value & 0xffffffff);
    let high = index == 0 ? methods.length : <i32>(slot.value >> 32);
    if (octet == SP) {
      if (index == 0 || unchecked(methods[low]).length != index) return Death.Method;
      slot.state = Stage.BeforeTarget;
      return 0;
    }
    while (low < high && unchecked(methods[low]).at(index) < <i32>octet) low++;
    while (low < high && unchecked(methods[high - 1]).at(index) > <i32>octet) high--;
    slot.value = ((<u64>high) << 32) | (<u64>low);
    return low < high ? 0 : Death.Method;
  }

  private versionOctet(slot: Slot, octet: u32): i32 {
    if (<i32>octet != this.version.at(slot.count)) return Death.Version;
    if (++slot.count == this.version.length) slot.state = Stage.Minor;
    return 0;
  }

  private minor(slot: Slot, octet: u32): i32 {
    const protocol = octet == 0x30 ? this.zero : octet == 0x31 ? this.one : Protocol.Unknown;
    slot.value = protocol;
    slot.state = Stage.AfterMinor;
    return protocol == Protocol.Unknown ? Death.Version : 0;
  }
}

/** Neither space nor control; octets outside ASCII are for the connection manager to refuse. */
@inline
function isTarget(octet: u32): bool {
  return octet > SP && octet != DEL;
}
