// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderTable, Property } from "tremula/assembly";
import { Authentication } from "./config/authentication";
import { FilterStateRules } from "./config/filter-state-rules";
import { Requirement } from "./config/requirement";

/** Which requirement a request has to meet. */
@final
export class Requirements {
  private readonly disabled: Property | null;
  private readonly requirementName: Property | null;
  private readonly filterState: Property | null;
  /** Set by `find` when a route names a requirement that is not there. */
  unknownName: Bytes | null = null;

  constructor(private readonly authentication: Authentication) {
    const namespace = authentication.routeMetadata;
    const filterState = authentication.filterState;
    this.disabled = namespace !== null ? routeMetadata(namespace, "disabled") : null;
    this.requirementName = namespace !== null ? routeMetadata(namespace, "requirement_name") : null;
    this.filterState = filterState !== null ? new Property("filter_state").at(filterState.name) : null;
  }

  /** Null when the request needs none; see `unknownName` too. The stream must be the effective context. */
  find(headers: HeaderTable): Requirement | null {
    this.unknownName = null;
    const disabled = this.disabled;
    if (disabled !== null && disabled.getBool()) return null;
    const requirementName = this.requirementName;
    const name = requirementName !== null ? requirementName.get() : null;
    if (name !== null) {
      const named = this.authentication.requirement(name);
      if (named === null) this.unknownName = name;
      return named;
    }
    const rules = this.authentication.rules;
    for (let i = 0; i < rules.length; i++) {
      const rule = unchecked(rules[i]);
      if (rule.match.matches(headers)) return rule.requirement;
    }
    return this.byFilterState();
  }

  private byFilterState(): Requirement | null {
    const property = this.filterState;
    const rules: FilterStateRules | null = this.authentication.filterState;
    if (property === null || rules === null) return null;
    const value = property.get();
    return value !== null ? rules.find(value) : null;
  }
}

/** The path of a route's metadata: `xds.route_metadata` is a message, whose member `filter_metadata` is a map. */
function routeMetadata(namespace: Bytes, field: string): Property {
  return new Property("xds", "route_metadata", "filter_metadata").at(namespace).at(field);
}
