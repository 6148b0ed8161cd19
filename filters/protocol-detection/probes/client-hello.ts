// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { readAlpn, readServerName } from "./hello-extensions";

/** Where the reading is in the message (RFC 8446 section 4.1.2). */
enum Stage {
  Type,
  Length,
  /** Version and random. */
  Fixed,
  SessionLength,
  CiphersLength,
  CompressionsLength,
  ExtensionsLength,
  ExtensionType,
  ExtensionLength,
  ExtensionBody,
  Over,
}

const RECORD_HEADER: i32 = 5;
const FIXED: i32 = 34;
const SERVER_NAME: u32 = 0;
const ALPN: u32 = 16;
/**
 * Octets of the extensions that are read, at most. A hello with a longer one is taken for broken: passed over, it could hide a
 * name that a route asks for.
 */
const MOST_KEPT: u32 = 1024;
/** Envoy's tls_inspector reads as many. */
const MOST_HELLO: u32 = 16384;

/**
 * Reads a ClientHello as it comes, in however many records and segments, for the server name and the application protocols
 * it asks for. It keeps no more than one extension at a time.
 */
@final
export class ClientHello {
  /** The name that the client asks for, in lower case; null until it is read, or where there is none. */
  serverName: Bytes | null = null;
  /** The application protocols that the client offers, with commas between them; as `serverName`. */
  alpn: Bytes | null = null;
  /** Whether the message is whole. */
  isComplete: bool = false;

  private stage: Stage = Stage.Type;
  /** Octets of the record's header that have come, and of its content that have not. */
  private header: i32 = 0;
  private record: u32 = 0;
  /** Octets to pass over before the next field. */
  private skip: u32 = 0;
  /** The number that is being read, and how many of its octets have not come. */
  private field: u32 = 0;
  private missing: i32 = 1;
  /** Octets left of the message, of the extensions, and the extension being read. */
  private message: u32 = MOST_HELLO;
  private extensions: u32 = 0;
  private type: u32 = 0;
  private extension: i32 = 0;
  private kept: i32 = 0;
  /** As large as the largest extension so far. */
  private buffer: StaticArray<u8> = [];

  /** For the next connection. */
  reset(): void {
    this.serverName = null;
    this.alpn = null;
    this.isComplete = false;
    this.stage = Stage.Type;
    this.header = 0;
    this.record = 0;
    this.skip = 0;
    this.field = 0;
    this.missing = 1;
    this.message = MOST_HELLO;
    this.extensions = 0;
  }

  /**
   * Takes the next octets of the connection, which begins with a record.
   *
   * @returns whether the message is whole, or is none
   */
  feed(ptr: usize, length: i32): bool {
    const end = ptr + <usize>length;
    while (ptr < end && this.stage != Stage.Over) {
      if (this.header < RECORD_HEADER) {
        this.takeHeader(load<u8>(ptr++));
        continue;
      }
      const content = min(<u32>(end - ptr), this.record);
      const taken = this.takeContent(ptr, content);
      ptr += <usize>taken;
      this.record -= taken;
      if (this.record == 0) this.header = 0;
    }
    return this.stage == Stage.Over;
  }

  private takeHeader(octet: u32): void {
    this.header++;
    if (this.header == 1 && octet != 0x16) this.stop();
    if (this.header < RECORD_HEADER - 1) return;
    this.record = ((this.record << 8) & 0xff00) | octet;
    if (this.header < RECORD_HEADER) return;
    if (this.record == 0) this.stop();
  }

  /** Takes some of the octets, at least one. */
  private takeContent(ptr: usize, length: u32): u32 {
    if (this.skip > 0) {
      const skipped = min(this.skip, length);
      this.skip -= skipped;
      this.use(skipped);
      return skipped;
    }
    if (this.stage == Stage.ExtensionBody) return this.takeBody(ptr, length);
    this.field = (this.field << 8) | load<u8>(ptr);
    this.use(1);
    if (--this.missing == 0) this.next(this.field);
    return 1;
  }

  private takeBody(ptr: usize, length: u32): u32 {
    const taken = min(length, <u32>(this.extension - this.kept));
    memory.copy(changetype<usize>(this.buffer) + <usize>this.kept, ptr, <usize>taken);
    this.kept += taken;
    this.use(taken);
    if (this.kept == this.extension) this.readExtension();
    return taken;
  }

  /** Counts octets of the message; behind its last one there is nothing to read. */
  private use(count: u32): void {
    this.message -= min(count, this.message);
  }

  private read(stage: Stage, octets: i32): void {
    // Whatever is to come must have room in the message.
    if (this.message < this.skip + <u32>octets) {
      this.stop();
      return;
    }
    this.stage = stage;
    this.missing = octets;
    this.field = 0;
  }

  private next(field: u32): void {
    switch (this.stage) {
      case Stage.Type:
        if (field != 1) this.stop();
        else this.read(Stage.Length, 3);
        break;
      case Stage.Length:
        if (field > MOST_HELLO) {
          this.stop();
          break;
        }
        this.message = field;
        this.skip = FIXED;
        this.read(Stage.SessionLength, 1);
        break;
      case Stage.SessionLength:
        this.skip = field;
        this.read(Stage.CiphersLength, 2);
        break;
      case Stage.CiphersLength:
        this.skip = field;
        this.read(Stage.CompressionsLength, 1);
        break;
      case Stage.CompressionsLength:
        this.skip = field;
        if (this.message == field) this.complete();
        else this.read(Stage.ExtensionsLength, 2);
        break;
      case Stage.ExtensionsLength:
        this.extensions = field;
        if (field > this.message) this.stop();
        else this.nextExtension();
        break;
      case Stage.ExtensionType:
        this.type = field;
        this.read(Stage.ExtensionLength, 2);
        break;
      default:
        this.beginExtension(field);
    }
  }

  private nextExtension(): void {
    if (this.extensions == 0) this.complete();
    else if (this.extensions < 4) this.stop();
    else this.read(Stage.ExtensionType, 2);
  }

  private beginExtension(length: u32): void {
    if (length > this.extensions - 4) {
      this.stop();
      return;
    }
    this.extensions -= length + 4;
    this.extension = length;
    this.kept = 0;
    const isWanted = this.type == SERVER_NAME || this.type == ALPN;
    if (isWanted && length > MOST_KEPT) {
      this.stop();
      return;
    }
    if (isWanted && length > 0) {
      this.stage = Stage.ExtensionBody;
      if (<u32>this.buffer.length < length) this.buffer = new StaticArray<u8>(<i32>length);
      return;
    }
    this.skip = length;
    if (this.extensions == 0) this.complete();
    else this.nextExtension();
  }

  private readExtension(): void {
    const body = Bytes.fromMemory(this.buffer, changetype<usize>(this.buffer), this.extension);
    if (this.type == SERVER_NAME) this.serverName = readServerName(body);
    else this.alpn = readAlpn(body);
    this.nextExtension();
  }

  private complete(): void {
    this.isComplete = true;
    this.stop();
  }

  private stop(): void {
    this.stage = Stage.Over;
  }
}
