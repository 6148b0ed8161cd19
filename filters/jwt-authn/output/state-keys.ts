// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, Property } from "tremula/assembly";
import { Provider } from "../config/provider";
import { Outputs } from "./outputs";
import { JwtStatus, textOf } from "../status";

/**
 * Where the native filter writes dynamic metadata, which Wasm cannot (envoyproxy/envoy#15148), this one writes filter state:
 * `wasm.jwt_authn.<key>`, the key being what the provider is given for metadata, and JSON as its value.
 */
@final
export class StateKeys {
  private readonly payload: Property | null;
  private readonly header: Property | null;
  private readonly failed: Property | null;
  private readonly claims: Array<Property> = [];

  constructor(provider: Provider) {
    this.payload = propertyOf(provider.payloadKey);
    this.header = propertyOf(provider.headerKey);
    this.failed = propertyOf(provider.failedKey);
    for (let i = 0; i < provider.claimStates.length; i++) {
      this.claims.push(stateOf(provider.claimStates[i].key));
    }
  }

  /** What a token has none of is not written. */
  write(outputs: Outputs): void {
    const payloadJson = outputs.payloadJson;
    const headerJson = outputs.headerJson;
    const payload = this.payload;
    const header = this.header;
    if (payload !== null && !payloadJson.isEmpty) payload.set(payloadJson);
    if (header !== null && !headerJson.isEmpty) header.set(headerJson);
    for (let i = 0; i < this.claims.length; i++) {
      const value = unchecked(outputs.states[i]);
      if (value !== null) unchecked(this.claims[i]).set(value);
    }
  }

  writeFailure(status: JwtStatus): void {
    const failed = this.failed;
    if (failed === null) return;
    failed.set(
      new ByteWriter(96)
        .write('{"code":')
        .writeInt(status)
        .write(',"message":"')
        .write(textOf(status))
        .write('"}'),
    );
  }
}

function propertyOf(key: Bytes): Property | null {
  return key.isEmpty ? null : stateOf(key);
}

function stateOf(key: Bytes): Property {
  return new Property("jwt_authn." + key.toString());
}
