// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

const SEQUENCE: u32 = 0x30;
const OBJECT_ID: u32 = 0x06;
const OCTETS: u32 = 0x04;
const BOOLEAN: u32 = 0x01;
/** `[0]` version and `[3]` extensions of a TBSCertificate (RFC 5280 section 4.1). */
const EXTENSIONS: u32 = 0xa3;
/** GeneralName: dNSName and uniformResourceIdentifier (RFC 5280 section 4.2.1.6). */
const DNS_NAME: u32 = 0x82;
const URI_NAME: u32 = 0x86;
/** id-ce-subjectAltName, 2.5.29.17. */
const SUBJECT_ALT_NAME: u32 = 0x111d55;

/** Steps through the elements of DER, one level of it. What does not fit ends it. */
@final
class DerCursor {
  tag: u32 = 0;
  ptr: usize = 0;
  length: i32 = 0;

  constructor(
    private at: usize,
    private readonly end: usize,
  ) {}

  next(): bool {
    if (this.end - this.at < 2 || this.at >= this.end) return false;
    this.tag = load<u8>(this.at);
    let size = <u32>load<u8>(this.at, 1);
    let at = this.at + 2;
    if (size >= 0x80) {
      let octets = size & 0x7f;
      if (octets == 0 || octets > 3 || this.end - at < <usize>octets) return this.stop();
      size = 0;
      for (; octets > 0; octets--) {
        size = (size << 8) | (<u32>load<u8>(at));
        at++;
      }
    }
    if (<usize>size > this.end - at) return this.stop();
    this.ptr = at;
    this.length = <i32>size;
    this.at = at + <usize>size;
    return true;
  }

  /** A cursor over what the current element holds. */
  get inner(): DerCursor {
    return new DerCursor(this.ptr, this.ptr + <usize>this.length);
  }

  private stop(): bool {
    this.at = this.end;
    return false;
  }
}

/** The names in a certificate, in order, in memory of their own. */
@final
export class SubjectAltNames {
  readonly uris: Array<Bytes> = [];
  readonly dnsNames: Array<Bytes> = [];

  /** @param der the certificate; of what is none there are no names */
  constructor(der: Bytes) {
    const outer = new DerCursor(der.ptr, der.ptr + <usize>der.length);
    if (outer.next() && outer.tag == SEQUENCE) {
      const certificate = outer.inner;
      if (certificate.next() && certificate.tag == SEQUENCE) this.readFields(certificate.inner);
    }
  }

  private readFields(fields: DerCursor): void {
    while (fields.next()) {
      if (fields.tag != EXTENSIONS) continue;
      const list = fields.inner;
      if (list.next() && list.tag == SEQUENCE) this.readExtensions(list.inner);
    }
  }

  private readExtensions(extensions: DerCursor): void {
    while (extensions.next()) {
      const extension = extensions.inner;
      if (!extension.next() || extension.tag != OBJECT_ID || extension.length != 3) continue;
      const id = (<u32>load<u16>(extension.ptr)) | ((<u32>load<u8>(extension.ptr, 2)) << 16);
      if (id != SUBJECT_ALT_NAME || !extension.next()) continue;
      if (extension.tag == BOOLEAN && !extension.next()) continue;
      if (extension.tag != OCTETS) continue;
      const names = extension.inner;
      if (names.next() && names.tag == SEQUENCE) this.readNames(names.inner);
    }
  }

  private readNames(names: DerCursor): void {
    while (names.next()) {
      const list = names.tag == URI_NAME ? this.uris : names.tag == DNS_NAME ? this.dnsNames : null;
      if (list !== null) list.push(Bytes.fromMemory(null, names.ptr, names.length).copy());
    }
  }
}
