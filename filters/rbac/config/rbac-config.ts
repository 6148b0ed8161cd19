// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, JsonReader, logError, Steps } from "tremula/assembly";
import { Rules } from "../decide/rules";
import { typeOf } from "./extensions";
import { Options } from "./options";
import { readRuleSets } from "./rule-sets";
import { Scope } from "./scope";

/** Four levels of JSON for each level of a rule, and what is around it. */
const DEEPEST_JSON: i32 = 128;
/** As much as the reader takes. */
const LARGEST_JSON: i32 = 1 << 24;
const HTTP: string = "envoy.extensions.filters.http.rbac.v3.RBAC";
const NETWORK: string = "envoy.extensions.filters.network.rbac.v3.RBAC";
const NANOSECONDS: u64 = 1_000_000;

/** When a connection is decided on. */
export enum Enforcement {
  /** When its first bytes have come. */
  OneTimeOnFirstByte,
  /** Whenever bytes have come. */
  Continuous,
}

// @ts-ignore: decorator
@lazy
const ENFORCEMENTS: StaticArray<string> = ["ONE_TIME_ON_FIRST_BYTE", "CONTINUOUS"];

/**
 * The plugin configuration: the JSON of `envoy.extensions.filters.http.rbac.v3.RBAC`, or of the network filter's message of the
 * same name, which `network: true`, `stat_prefix` or `@type` tells apart, with both forms of field names, and besides them
 * what `Options` has and `rules_map`: further rules by name, that a route's metadata may choose.
 */
@final
export class RbacConfig {
  readonly isNetwork: bool;
  readonly rules: Rules;
  /** Of `rules_map`: the rules of `names[i]` are `chosen[i]`. */
  readonly names: Array<Bytes> = [];
  readonly chosen: Array<Rules> = [];
  readonly options: Options;
  readonly scope: Scope;
  /** In front of the names of counters and keys; empty for none. */
  readonly rulesStatPrefix: Bytes;
  readonly shadowStatPrefix: Bytes;
  readonly tracksRules: bool;
  /** Of a network filter. */
  readonly statPrefix: Bytes;
  readonly enforcement: Enforcement;
  /** Milliseconds between a denial and the end of its connection. */
  readonly delayDeny: u64;

  constructor(object: JsonObject) {
    const type = typeOf(object);
    const isNetwork = object.boolOr("network", type.equals(NETWORK) || object.has("stat_prefix"));
    if (!type.isEmpty && !type.equals(isNetwork ? NETWORK : HTTP)) {
      object.refuse("@type", `must be type.googleapis.com/${isNetwork ? NETWORK : HTTP}`);
    }
    const options = new Options(object);
    const scope = new Scope(options, isNetwork);
    this.isNetwork = isNetwork;
    this.options = options;
    this.scope = scope;
    this.rules = readRuleSets(object, scope);
    this.shadowStatPrefix = object.stringOr("shadow_rules_stat_prefix", "").copy();
    const statPrefix = isNetwork ? object.string("stat_prefix").copy() : Bytes.EMPTY;
    this.statPrefix = statPrefix;
    if (isNetwork && statPrefix.isEmpty) object.refuse("stat_prefix", "must not be empty");
    this.enforcement = isNetwork ? object.enumerationOr("enforcement_type", ENFORCEMENTS, 0) : 0;
    this.delayDeny = isNetwork ? object.durationOr("delay_deny", 0) / NANOSECONDS : 0;
    this.rulesStatPrefix = isNetwork ? Bytes.EMPTY : object.stringOr("rules_stat_prefix", "").copy();
    this.tracksRules = !isNetwork && object.boolOr("track_per_rule_stats", false);
    const map = object.mapOrEmpty("rules_map");
    if (isNetwork && map.length > 0)
      object.refuse("rules_map", "must not be used: a connection has no route");
    for (let i = 0; i < map.length; i++) {
      this.names.push(map.key(i).copy());
      this.chosen.push(readRuleSets(map.object(i), scope));
    }
  }

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): RbacConfig | null {
    const reading = new Reading(configuration);
    // The document is several times as large as what is made of it, and it is gone when the indexes are built.
    reading.run(1);
    const config = reading.config;
    if (config !== null) config.prepare();
    return config;
  }

  /** Builds the indexes. */
  private prepare(): void {
    this.scope.interner.forgetKeys();
    this.rules.prepare();
    for (let i = 0; i < this.chosen.length; i++) this.chosen[i].prepare();
  }
}

/** Reads a configuration, in one step. */
@final
class Reading extends Steps {
  config: RbacConfig | null = null;

  constructor(private readonly source: Bytes) {
    super();
  }

  protected step(index: i32): void {
    const json = JsonReader.parse(this.source, DEEPEST_JSON, LARGEST_JSON);
    const config = new RbacConfig(json.object());
    if (json.finish()) this.config = config;
    else logError(json.error);
  }
}
