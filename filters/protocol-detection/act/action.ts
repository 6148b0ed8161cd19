// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonArray, JsonObject } from "tremula/assembly";

/** What becomes of a connection: it goes to a cluster, or on to where it would have gone, or is closed. */
@final
export class Action {
  /** Goes on as if the filter were not there. */
  static readonly PASS: Action = new Action(false, Bytes.EMPTY);
  static readonly CLOSE: Action = new Action(true, Bytes.EMPTY);

  /** Of TLS: what is for certain server names and application protocols. The first that fits is taken. */
  readonly routes: Array<TlsRoute> = [];

  constructor(
    readonly closes: bool,
    /** Name of the cluster; empty for none. */
    readonly cluster: Bytes,
  ) {}

  /** The action of a TLS connection whose ClientHello asks for these; null where it asks for none. */
  forHello(serverName: Bytes | null, protocols: Bytes | null): Action {
    const routes = this.routes;
    for (let i = 0; i < routes.length; i++) {
      const route = unchecked(routes[i]);
      if (route.fits(serverName, protocols)) return route.action;
    }
    return this;
  }
}

/** An action for some server names, application protocols, or both. */
@final
export class TlsRoute {
  private readonly names: Array<Bytes> = [];
  private readonly protocols: Array<Bytes> = [];
  readonly action: Action;

  constructor(object: JsonObject, canRoute: bool) {
    this.action = readAction(object, canRoute);
    const names = object.arrayOrEmpty("server_names");
    const protocols = object.arrayOrEmpty("alpn");
    readTexts(names, this.names);
    readTexts(protocols, this.protocols);
    for (let i = 0; i < this.names.length; i++) {
      if (!isServerName(this.names[i])) names.refuse(i, "must be a name, or *. and the end of names");
    }
    if (names.length == 0 && protocols.length == 0) object.refuseAll("needs server_names or alpn");
  }

  fits(serverName: Bytes | null, protocols: Bytes | null): bool {
    return this.fitsName(serverName) && this.fitsProtocol(protocols);
  }

  private fitsName(name: Bytes | null): bool {
    const wanted = this.names;
    if (wanted.length == 0) return true;
    if (name === null) return false;
    for (let i = 0; i < wanted.length; i++) {
      const one = unchecked(wanted[i]);
      if (one.at(0) == 0x2a ? isBelow(name, one) : name.equalsIgnoreCase(one)) return true;
    }
    return false;
  }

  private fitsProtocol(offered: Bytes | null): bool {
    const wanted = this.protocols;
    if (wanted.length == 0) return true;
    if (offered === null) return false;
    for (let i = 0; i < wanted.length; i++) if (hasName(offered, unchecked(wanted[i]))) return true;
    return false;
  }
}

/** Reads `{"cluster": …}`, `{"close": true}` or `{"pass": true}`. */
export function readAction(object: JsonObject, canRoute: bool): Action {
  const index = object.oneOf(["cluster", "close", "pass"]);
  if (index == 0) {
    const cluster = object.string("cluster").copy();
    if (cluster.isEmpty) object.refuse("cluster", "must not be empty");
    if (!canRoute) object.refuse("cluster", "must not be used with mode label: nothing is routed");
    return new Action(false, cluster);
  }
  const name = index == 1 ? "close" : "pass";
  if (index > 0 && !object.bool(name)) object.refuse(name, "must be true");
  return new Action(index == 1, Bytes.EMPTY);
}

function readTexts(from: JsonArray, to: Array<Bytes>): void {
  for (let i = 0; i < from.length; i++) {
    const text = from.string(i).copy();
    if (text.isEmpty) from.refuse(i, "must not be empty");
    to.push(text);
  }
}

function isServerName(name: Bytes): bool {
  const star = name.indexOf("*");
  return star < 0 || (star == 0 && name.at(1) == 0x2e && name.length > 2 && name.indexOf("*", 1) < 0);
}

/** Whether a name is below what `*.example` stands for, at any depth, as in Envoy's `server_names`. */
function isBelow(name: Bytes, wildcard: Bytes): bool {
  const end = wildcard.slice(1);
  const rest = name.length - end.length;
  return rest > 0 && name.slice(rest).equalsIgnoreCase(end);
}

/** Whether a comma-separated list has this name. */
function hasName(list: Bytes, name: Bytes): bool {
  let from = 0;
  for (let comma = list.indexOfByte(0x2c); comma >= 0; comma = list.indexOfByte(0x2c, from)) {
    if (list.slice(from, comma).equals(name)) return true;
    from = comma + 1;
  }
  return list.slice(from).equals(name);
}
