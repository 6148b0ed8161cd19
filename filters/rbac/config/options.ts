// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject } from "tremula/assembly";
import { AddressPlace } from "./address-place";
import { DryRunHeader } from "./dry-run-header";

/** What the filter makes of headers that repeat and of hosts with ports. */
export enum Mode {
  /** No second value of a header, and no port of a host, changes what a matcher says; see README.md. */
  Strict,
  /** Decides as the native filter of Envoy 1.40 does. */
  Envoy,
}

/** How a path is rewritten before it is matched. The upstream gets the original. */
export enum PathNormalization {
  /** Not at all. */
  None,
  /** Dot segments are resolved, escapes of unreserved characters decoded, and `\` is `/`. */
  Base,
  /** The same, and slashes in a row are one. */
  MergeSlashes,
  /** The same, with `%2F` and `%5C` decoded before. */
  DecodeAndMergeSlashes,
}

// @ts-ignore: decorator
@lazy
const MODES: StaticArray<string> = ["strict", "envoy"];
// @ts-ignore: decorator
@lazy
const NORMALIZATIONS: StaticArray<string> = ["none", "base", "merge_slashes", "decode_and_merge_slashes"];

/** The fields that the native filter does not have; README.md is the reference. */
@final
export class Options {
  readonly mode: Mode;
  /** Whether a host is matched without its port too. */
  readonly stripPort: bool;
  readonly pathNormalization: PathNormalization;
  readonly rejectAmbiguousPaths: bool;
  /** The namespace of a route's metadata in which it may say `disabled: true` or `rules`; empty for none. */
  readonly routeMetadata: Bytes;
  /** Requests out of 100 whose decision is explained in the log, besides those at debug level. */
  readonly explainPercent: f64;
  /** Whether what the enforced rules decide is filter state too, see `ResultState`. */
  readonly enforcedResults: bool;
  /** Where the address of the peer itself is; null when the configuration does not say. */
  readonly directRemote: AddressPlace | null;
  /** Where the address is that the connection came from; null when the configuration does not say. */
  readonly connectionRemote: AddressPlace | null;
  /** Whether the listener verifies the certificates that clients show, all of them. */
  readonly verifiesClients: bool;
  readonly dryRunHeader: DryRunHeader | null;

  constructor(object: JsonObject) {
    const mode: Mode = object.choiceOr("mode", MODES, Mode.Strict);
    this.mode = mode;
    this.stripPort = object.boolOr("strip_port", mode == Mode.Strict);
    this.pathNormalization = object.choiceOr("path_normalization", NORMALIZATIONS, PathNormalization.None);
    this.rejectAmbiguousPaths = object.boolOr("reject_ambiguous_paths", false);
    this.routeMetadata = object.stringOr("route_metadata_namespace", "").copy();
    this.explainPercent = object.f64Or("explain_percent", 0);
    if (!(this.explainPercent >= 0 && this.explainPercent <= 100)) {
      object.refuse("explain_percent", "must be from 0 to 100");
    }
    this.enforcedResults = object.boolOr("enforced_results", false);
    this.directRemote = AddressPlace.read(object.objectOrNull("direct_remote_address"));
    this.connectionRemote = AddressPlace.read(object.objectOrNull("connection_remote_address"));
    this.verifiesClients = object.boolOr("client_certificates_verified", false);
    this.dryRunHeader = DryRunHeader.read(object.objectOrNull("dry_run_header"));
  }
}
