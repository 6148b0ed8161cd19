// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonDocument, MatchedValue, Property } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { JsonMatchedValue } from "./json-value";

/** The namespace that the native jwt_authn filter writes. */
export const JWT_AUTHN: string = "envoy.filters.http.jwt_authn";
/** As deep as the tokens that filters/jwt-authn and the native filter let in. */
const DEEPEST: i32 = 100;
const LARGEST: i32 = 1 << 20;

/**
 * Claims of a token under one key. The native jwt_authn filter writes them as metadata of its namespace; filters/jwt-authn, which
 * as a Wasm module cannot write metadata, as JSON into the filter state `wasm.jwt_authn.<key>`.
 */
@final
export class Claims {
  private readonly state: Property;
  private readonly document: JsonDocument;
  private readonly value: JsonMatchedValue;
  private isRead: bool = false;
  private isValid: bool = false;

  constructor(readonly key: Bytes) {
    this.state = new Property("filter_state").at(Bytes.of("wasm.jwt_authn.").concat(key));
    const document = new JsonDocument(DEEPEST, LARGEST);
    this.document = document;
    this.value = new JsonMatchedValue(document);
  }

  /** Another request begins. */
  begin(): void {
    this.isRead = false;
  }

  /** The claim that an attribute names: its path begins with `key`. */
  find(attribute: Attribute): MatchedValue {
    if (!this.isRead) {
      this.isRead = true;
      const text = this.state.get();
      this.isValid = text !== null && this.document.read(text);
    }
    return this.isValid ? this.value.setBelow(this.document.root, attribute.path, 1) : this.value.set(0);
  }
}
