// SPDX-License-Identifier: Apache-2.0
import { JsonMap, JsonObject } from "tremula/assembly";
import { ANY, canonical, familyOf, HTTP, isProtocol, TCP, UNKNOWN } from "../config/names";
import { looksLikeHttp } from "../detect/look-alike";
import { Protocol, PROTOCOLS, protocolName } from "../detect/protocol";
import { Action, readAction, TlsRoute } from "./action";

/** What becomes of connections, by verdict. */
@final
export class Actions {
  /** Whether HTTP, or a part of it, has an action of its own. */
  hasHttp: bool = false;
  /** Whether an action depends on what a ClientHello asks for. */
  needsHello: bool = false;
  private readonly named: Map<string, Action> = new Map();
  private readonly unsure: StaticArray<bool> = new StaticArray<bool>(PROTOCOLS);
  private readonly byProtocol: StaticArray<Action> = new StaticArray<Action>(PROTOCOLS).fill(Action.PASS);

  /** @param canRoute whether actions may name clusters */
  constructor(map: JsonMap, canRoute: bool) {
    for (let i = 0; i < map.length; i++) {
      const name = canonical(map.key(i).toString());
      const object = map.object(i);
      if (!isActionName(name)) {
        map.refuse(i, "is no protocol, and none of http, tcp, unknown and *");
        break;
      }
      if (this.named.has(name)) map.refuse(i, "is there under another name too");
      this.named.set(name, this.read(name, object, canRoute));
      if (name == HTTP || familyOf(name) != ANY) this.hasHttp = true;
    }
    for (let i = 0; i < PROTOCOLS; i++) {
      const name = protocolName(<Protocol>i);
      this.byProtocol[i] = this.of(name);
      this.unsure[i] = looksLikeHttp(<Protocol>i) && !this.named.has(name);
    }
  }

  /** The action of a verdict. */
  at(protocol: Protocol): Action {
    return unchecked(this.byProtocol[protocol]);
  }

  /** Whether what has been found may be HTTP to a server after all, and nobody has said what becomes of it. */
  isUnsure(protocol: Protocol): bool {
    return unchecked(this.unsure[protocol]);
  }

  /** Whether there is an action under this very name. */
  has(name: string): bool {
    return this.named.has(name);
  }

  /** The action of a name, or of what that belongs to. */
  of(name: string): Action {
    for (let asked = name; asked != ANY; asked = familyOf(asked)) {
      if (this.named.has(asked)) return this.named.get(asked);
    }
    return this.named.has(ANY) ? this.named.get(ANY) : Action.PASS;
  }

  private read(name: string, object: JsonObject, canRoute: bool): Action {
    const action = readAction(object, canRoute);
    if (!object.has("routes")) return action;
    if (name != "tls") object.refuse("routes", "must not be used but for tls");
    const routes = object.array("routes");
    for (let i = 0; i < routes.length; i++) {
      action.routes.push(new TlsRoute(routes.object(i), canRoute));
      this.needsHello = true;
    }
    return action;
  }
}

function isActionName(name: string): bool {
  return name == ANY || name == HTTP || name == TCP || name == UNKNOWN || isProtocol(name);
}
