// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, IpAddress } from "tremula/assembly";
import { Attribute, AttributeKind } from "../policy/attribute";
import { Facts } from "../policy/facts";

/** How a matching tree sees an attribute: as one text. */
export enum InputForm {
  /** All values, with commas between them. */
  Joined,
  /** An address without its port. */
  Address,
  /** The port behind an address. */
  Port,
}

/** A data input of a matching tree. */
@final
export class Input {
  constructor(
    readonly attribute: Attribute,
    readonly form: InputForm,
  ) {}

  /** Whether it is a header that the request has several times: then nobody knows which of its values a backend takes. */
  repeats(facts: Facts): bool {
    return this.attribute.kind == AttributeKind.Header && facts.count(this.attribute) > 1;
  }

  /**
   * Whether it is of a certificate and the connection has no TLS. Envoy then takes the whole tree as undecidable, even below
   * `not_matcher` (measured on 1.40.0).
   */
  isUnknown(facts: Facts): bool {
    const kind = this.attribute.kind;
    const isNames = kind == AttributeKind.UriName || kind == AttributeKind.DnsName;
    return (isNames || kind == AttributeKind.Subject) && !facts.isTls();
  }

  /** Null when there is nothing. */
  value(facts: Facts): Bytes | null {
    const attribute = this.attribute;
    const count = facts.count(attribute);
    if (count == 0) return null;
    if (this.form == InputForm.Joined) {
      const text = count == 1 ? facts.value(attribute) : joined(facts, attribute, count);
      // Envoy has no input of a server name, or of a certificate's names, that is empty.
      if (text === null) return null;
      return text.isEmpty && attribute.kind != AttributeKind.Header ? null : text;
    }
    const address: IpAddress = facts.address(attribute);
    if (address.version == 0) return null;
    if (this.form == InputForm.Port) {
      return address.port < 0 ? null : new ByteWriter(8).writeInt(address.port).toBytes();
    }
    const text = facts.value(attribute);
    return text !== null ? withoutPort(text, address) : null;
  }
}

function joined(facts: Facts, attribute: Attribute, count: i32): Bytes {
  const text = new ByteWriter(64);
  for (let i = 0; i < count; i++) {
    const value = facts.value(attribute, i);
    if (i > 0) text.write(",");
    if (value !== null) text.write(value);
  }
  return text.toBytes();
}

/** An address as Envoy prints it, without brackets and port. */
function withoutPort(text: Bytes, address: IpAddress): Bytes {
  if (text.at(0) == 0x5b) return text.slice(1, text.indexOfByte(0x5d));
  return address.version == 4 && address.port >= 0 ? text.slice(0, text.indexOfByte(0x3a)) : text;
}
