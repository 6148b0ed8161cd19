// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, JsonDocument, JsonEntry, JsonKind } from "tremula/assembly";
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { Token } from "../token/token";
import { claimState, claimText } from "./claim-text";

/** What a verified token of a provider adds to a request. Made once for a token that is remembered. */
@final
export class Outputs {
  /** For `forward_payload_header`. */
  readonly payload: Bytes;
  /** For `claim_to_headers`, by the same index; null for no header. */
  readonly claims: Array<Bytes | null>;
  /** For `claim_to_filter_state`, likewise. */
  readonly states: Array<Bytes | null>;
  /** JSON for filter state; empty when the provider wants none. */
  payloadJson: Bytes = Bytes.EMPTY;
  headerJson: Bytes = Bytes.EMPTY;

  constructor(
    token: Token,
    readonly provider: Provider,
    mode: Mode,
  ) {
    this.payload = provider.padPayload ? padded(token.payloadSection) : token.payloadSection;
    const count = provider.claims.length;
    const states = provider.claimStates.length;
    this.claims = new Array<Bytes | null>(count);
    this.states = new Array<Bytes | null>(states);
    this.headerJson = provider.headerKey.isEmpty ? Bytes.EMPTY : token.header;
    let payloadJson = provider.payloadKey.isEmpty ? Bytes.EMPTY : token.payload;
    if (count > 0 || states > 0 || (!payloadJson.isEmpty && provider.spaceDelimited.length > 0)) {
      const document = token.claims();
      for (let i = 0; i < count; i++) {
        this.claims[i] = claimText(document, unchecked(provider.claims[i]).path, mode);
      }
      for (let i = 0; i < states; i++) {
        this.states[i] = claimState(document, unchecked(provider.claimStates[i]).path, mode);
      }
      if (!payloadJson.isEmpty) payloadJson = normalised(document, provider.spaceDelimited);
    }
    this.payloadJson = payloadJson;
  }
}

/** With the `=` that base64 without them leaves out. */
function padded(section: Bytes): Bytes {
  const missing = section.length & 3;
  if (missing == 2) return section.concat("==");
  return missing == 3 ? section.concat("=") : section;
}

/** The payload with some claims, when they are strings, as lists of what is between their spaces. */
function normalised(document: JsonDocument, claims: Array<Bytes>): Bytes {
  const writer = new ByteWriter(512);
  writer.write("{");
  const root = document.root;
  for (let entry = document.first(root); entry != 0; entry = document.next(root, entry)) {
    if (writer.length > 1) writer.write(",");
    const name = document.name(entry);
    document.writeName(entry, writer);
    writer.write(":");
    if (document.kind(entry) == JsonKind.String && has(claims, name)) writeWords(document, entry, writer);
    else document.write(entry, writer);
  }
  return writer.write("}").toBytes();
}

/** A string as a list of strings; of its JSON, which has no space but those of the text. */
function writeWords(document: JsonDocument, entry: JsonEntry, writer: ByteWriter): void {
  const text = new ByteWriter(64);
  document.write(entry, text);
  const words = text.view().slice(1, -1);
  writer.write("[");
  let first = true;
  for (let start = 0; start <= words.length;) {
    const space = words.indexOfByte(0x20, start);
    const end = space >= 0 ? space : words.length;
    if (end > start) {
      writer
        .write(first ? '"' : ',"')
        .write(words.slice(start, end))
        .write('"');
      first = false;
    }
    start = end + 1;
  }
  writer.write("]");
}

function has(names: Array<Bytes>, name: Bytes): bool {
  for (let i = 0; i < names.length; i++) if (unchecked(names[i]).equals(name)) return true;
  return false;
}
