// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, JsonReader, logError } from "tremula/assembly";
import { FilterStateRules } from "./filter-state-rules";
import { Mode, MODES, Verifier, VERIFIERS } from "./mode";
import { Names } from "./names";
import { Provider } from "./provider";
import { Requirement } from "./requirement";
import { Rule } from "./rule";

/** Three levels of JSON for each of a requirement, and what is around it. */
const DEEPEST_JSON: i32 = 128;
/** As much as the reader takes. */
const LARGEST_JSON: i32 = 1 << 24;

/**
 * The plugin configuration: `envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication` as JSON, with both forms of
 * field names, and besides it
 *
 * - `mode`: `strict` (default) or `envoy`, see `Mode`
 * - `verifier`: `auto` (default), `host` or `own`, see `Verifier`
 * - `route_metadata_namespace`: the namespace of a route's metadata in which it may say `disabled: true` or
 *   `requirement_name`, for Envoy gives Wasm filters no configuration of their own per route
 * - `claim_to_filter_state` in a provider: `[{ "key": …, "claim_name" or "claim_path": … }]`, see `ClaimToState`
 * - `unknown_kid_refetch_interval` and `max_jwks_bytes` in `remote_jwks`, see `RemoteJwks`
 */
@final
export class Authentication {
  readonly mode: Mode;
  readonly verifier: Verifier;
  readonly providers: Provider[];
  readonly rules: Rule[];
  /** Of `requirement_map`: the requirement of `names[i]` is `values[i]`. */
  readonly names: Bytes[];
  readonly values: Requirement[];
  readonly filterState: FilterStateRules | null;
  readonly bypassCorsPreflight: bool;
  readonly stripFailureResponse: bool;
  /** Goes into the names of counters; empty when there is none. */
  readonly statPrefix: Bytes;
  readonly routeMetadata: Bytes | null;
  /** Request headers that say whether a token is good; in lower case, each once. */
  readonly statusHeaders: Bytes[] = [];

  /** Looks `names` up. */
  private readonly index: Names;

  private constructor(object: JsonObject) {
    const mode: Mode = object.choiceOr("mode", MODES, Mode.Strict);
    const verifier: Verifier = object.choiceOr("verifier", VERIFIERS, Verifier.Auto);
    const providers = Provider.readAll(object.mapOrEmpty("providers"), mode, verifier);
    const providerNames = new Names();
    for (let i = 0; i < providers.length; i++) providerNames.add(providers[i].name);

    const names = new Array<Bytes>();
    const values = new Array<Requirement>();
    const index = new Names();
    const requirements = object.mapOrEmpty("requirement_map");
    for (let i = 0; i < requirements.length; i++) {
      names.push(requirements.key(i));
      index.add(requirements.key(i));
      values.push(Requirement.read(requirements.object(i), providerNames, mode));
    }
    const rules = new Array<Rule>();
    const list = object.arrayOrEmpty("rules");
    for (let i = 0; i < list.length; i++) {
      rules.push(Rule.read(list.object(i), providerNames, index, values, mode));
    }
    const filterState = object.objectOrNull("filter_state_rules");
    const namespace = object.stringOr("route_metadata_namespace", Bytes.EMPTY);

    this.mode = mode;
    this.verifier = verifier;
    this.providers = providers;
    this.rules = rules;
    this.names = names;
    this.values = values;
    this.index = index;
    this.filterState = filterState !== null ? new FilterStateRules(filterState, providerNames, mode) : null;
    this.bypassCorsPreflight = object.boolOr("bypass_cors_preflight", false);
    this.stripFailureResponse = object.boolOr("strip_failure_response", false);
    this.statPrefix = object.stringOr("stat_prefix", Bytes.EMPTY);
    this.routeMetadata = namespace.isEmpty ? null : namespace;
    this.collectStatusHeaders();
  }

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): Authentication | null {
    const json = JsonReader.parse(configuration, DEEPEST_JSON, LARGEST_JSON);
    const authentication = new Authentication(json.object());
    if (json.finish()) {
      authentication.logUnusedKeys();
      return authentication;
    }
    logError(json.error);
    return null;
  }

  /** The requirement that `requirement_map` has under a name, or null. */
  requirement(name: Bytes): Requirement | null {
    const at = this.index.indexOf(name);
    return at >= 0 ? this.values[at] : null;
  }

  private collectStatusHeaders(): void {
    const names = this.statusHeaders;
    for (let i = 0; i < this.values.length; i++) this.values[i].addStatusHeaders(names);
    for (let i = 0; i < this.rules.length; i++) {
      const requirement = this.rules[i].requirement;
      if (requirement !== null) requirement.addStatusHeaders(names);
    }
    const filterState = this.filterState;
    if (filterState === null) return;
    for (let i = 0; i < filterState.requirements.length; i++) {
      filterState.requirements[i].addStatusHeaders(names);
    }
  }

  private logUnusedKeys(): void {
    for (let i = 0; i < this.providers.length; i++) {
      const local = this.providers[i].localJwks;
      if (local !== null) local.keys.logRefusals(this.providers[i].name);
    }
  }
}
