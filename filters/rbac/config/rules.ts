// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonMap, JsonObject, Steps } from "tremula/assembly";
import { anyOf, Expression } from "../policy/expression";
import { Policy } from "../policy/policy";
import { Action, PolicySet } from "../policy/policy-set";
import { readCondition } from "./cel";
import { readPermissions } from "./permission";
import { readPrincipals } from "./principal";
import { Scope } from "./scope";

// @ts-ignore: decorator
@lazy
const ACTIONS: StaticArray<string> = ["ALLOW", "DENY", "LOG"];
// @ts-ignore: decorator
@lazy
const AUDITS: StaticArray<string> = ["NONE", "ON_DENY", "ON_ALLOW", "ON_DENY_AND_ALLOW"];

/** Reads an `envoy.config.rbac.v3.RBAC`. */
export function readRules(message: JsonObject, scope: Scope): PolicySet {
  const action: Action = message.enumerationOr("action", ACTIONS, Action.Allow);
  const audit = message.objectOrNull("audit_logging_options");
  if (audit !== null) refuseLoggers(audit);
  const map = message.mapOrEmpty("policies");
  const reader = new PolicyReader(map, action, scope);
  reader.run(map.length);
  return new PolicySet(action, reader.policies);
}

/** Reads one policy after the other: what that leaves behind is several times as large as what it is for. */
@final
class PolicyReader extends Steps {
  readonly policies: Array<Policy> = [];

  constructor(
    private readonly map: JsonMap,
    private readonly action: Action,
    private readonly scope: Scope,
  ) {
    super();
  }

  protected step(index: i32): void {
    const name = this.map.key(index).copy();
    this.policies.push(readPolicy(name, this.map.object(index), this.action, this.scope));
  }
}

/** Reads an `envoy.config.rbac.v3.Policy`. */
function readPolicy(name: Bytes, message: JsonObject, action: Action, scope: Scope): Policy {
  scope.isGranting = action == Action.Allow;
  const permissions = readPermissions(message.array("permissions"), scope);
  if (permissions.length == 0) message.refuse("permissions", "must not be empty");
  const principals = readPrincipals(message.array("principals"), scope);
  if (principals.length == 0) message.refuse("principals", "must not be empty");
  const condition: Expression | null = readCondition(message, scope);
  return new Policy(name, anyOf(permissions), anyOf(principals), condition);
}

function refuseLoggers(message: JsonObject): void {
  const condition = message.enumerationOr("audit_condition", AUDITS, 0);
  message.ignore("logger_configs");
  if (condition != 0 || message.has("logger_configs")) {
    message.refuseAll(
      "must not be used: a Wasm module cannot call Envoy's audit loggers; see explain_percent",
    );
  }
}
