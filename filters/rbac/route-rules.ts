// SPDX-License-Identifier: Apache-2.0
import { Bytes, Property } from "tremula/assembly";
import { RbacConfig } from "./config/rbac-config";
import { Rules } from "./decide/rules";

/** Which rules a request is for: those of its route, if the route's metadata names some, or the configuration's own. */
@final
export class RouteRules {
  private readonly disabledFlag: Property | null;
  private readonly name: Property | null;
  /** Set by `find`: the route is not for this filter. */
  isDisabled: bool = false;

  constructor(private readonly config: RbacConfig) {
    const namespace = config.options.routeMetadata;
    this.disabledFlag = namespace.isEmpty ? null : routeMetadata(namespace, "disabled");
    this.name = namespace.isEmpty ? null : routeMetadata(namespace, "rules");
  }

  /** Null when the route names rules that are not there, or is not for this filter, see `isDisabled`. */
  find(): Rules | null {
    const disabledFlag = this.disabledFlag;
    const name = this.name;
    if (disabledFlag === null || name === null) return this.config.rules;
    this.isDisabled = disabledFlag.getBool();
    if (this.isDisabled) return null;
    const chosen = name.get();
    if (chosen === null) return this.config.rules;
    const names = this.config.names;
    for (let i = 0; i < names.length; i++) {
      if (unchecked(names[i]).equals(chosen)) return unchecked(this.config.chosen[i]);
    }
    return null;
  }
}

/** `xds.route_metadata` is a message, whose member `filter_metadata` is a map. */
function routeMetadata(namespace: Bytes, field: string): Property {
  return new Property("xds", "route_metadata", "filter_metadata").at(namespace).at(field);
}
