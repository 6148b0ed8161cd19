// SPDX-License-Identifier: Apache-2.0
import { Bytes, IpAddress, JsonArray, JsonObject } from "tremula/assembly";
import { Action } from "../act/action";
import { Actions } from "../act/actions";
import { PendingQueue } from "../act/pending";
import { Detection } from "../config/detection";
import { AUTO, canonical, HTTP, isProtocol, membersOf, protocolOf, TCP } from "../config/names";
import { Declaration, Treatment } from "./declaration";
import { MAPPED_BITS, unmap } from "./mapped";
import { isServerFirst } from "./server-first";
import { DeclarationTable } from "./table";

/** What declarations are read with. */
@final
export class DeclarationReader {
  private readonly address: IpAddress = new IpAddress();
  /** How a protocol is enforced where nothing else is said: there may be thousands of such declarations. */
  private readonly enforced: Map<string, Detection> = new Map();

  constructor(
    private readonly base: Detection,
    private readonly actions: Actions,
    private readonly queues: Array<PendingQueue>,
  ) {}

  read(list: JsonArray): DeclarationTable {
    const table = new DeclarationTable();
    for (let i = 0; i < list.length; i++) {
      const object = list.object(i);
      const port = object.u32("port", 1, 65535);
      const declaration = this.declarationOf(object);
      const addresses = object.arrayOrEmpty("addresses");
      if (addresses.length == 0 && !table.addPort(port, declaration)) {
        object.refuse("port", "is declared twice for all addresses");
      }
      for (let j = 0; j < addresses.length; j++) this.addRange(table, port, addresses, j, declaration);
    }
    return table;
  }

  private addRange(
    table: DeclarationTable,
    port: i32,
    addresses: JsonArray,
    index: i32,
    declaration: Declaration,
  ): void {
    const address = this.address;
    const text = addresses.string(index);
    const slash = text.indexOf("/");
    const isAddress = address.parse(slash < 0 ? text : text.slice(0, slash));
    if (!isAddress || address.port >= 0 || text.at(0) == 0x5b || text.indexOf("%") >= 0) {
      addresses.refuse(index, "must be an IPv4 or IPv6 address, or a range such as 10.0.0.0/8");
      return;
    }
    let length = slash < 0 ? <u64>address.width : text.slice(slash + 1).toUint(u64.MAX_VALUE);
    if (length > <u64>address.width) {
      addresses.refuse(index, `must have a prefix of 0 to ${address.width} bits`);
      return;
    }
    if (length >= MAPPED_BITS && unmap(address)) length -= MAPPED_BITS;
    if (table.addRange(port, address, <i32>length, declaration)) return;
    addresses.refuse(index, "is declared twice for its port");
  }

  private declarationOf(object: JsonObject): Declaration {
    const name = canonical(object.string("protocol").toString());
    const isFamily = name == HTTP;
    const isSingle = isProtocol(name);
    if (!isFamily && !isSingle && name != TCP && name != AUTO) {
      object.refuse("protocol", "must be a protocol, http, tcp or auto");
    }
    const treatment = treatmentOf(object, name);
    const detection = this.detectionOf(object, name, treatment);
    const hasProxyHeader = object.boolOr("proxy_protocol", false);
    if (object.has("pass_proxy_protocol") && !hasProxyHeader) {
      object.refuse("pass_proxy_protocol", "needs proxy_protocol");
    }
    return new Declaration(
      Bytes.fromString(name),
      isSingle ? protocolOf(name) : 0,
      treatment,
      detection,
      treatment == Treatment.Trusted ? this.actions.of(name) : Action.PASS,
      hasProxyHeader,
      hasProxyHeader ? detection.headerQueue(this.queues) : null,
      object.boolOr("pass_proxy_protocol", false),
      object.stringOr("reason", "").copy(),
    );
  }

  private detectionOf(object: JsonObject, name: string, treatment: Treatment): Detection {
    const special = object.objectOrNull("detect");
    if (special === null) return this.usual(name, treatment);
    if (treatment == Treatment.Trusted && !object.boolOr("proxy_protocol", false)) {
      object.refuse("detect", "must not be used: what is declared and not enforced is not examined");
    }
    if (treatment == Treatment.Enforced && special.has("protocols")) {
      special.refuse("protocols", "must not be used: the declared protocol is the only one");
    }
    const detection = Detection.read(special, this.base, this.actions);
    if (treatment != Treatment.Enforced) return detection.compile(this.queues);
    return detection.enforcing(membersOf(name)).compile(this.queues);
  }

  private usual(name: string, treatment: Treatment): Detection {
    if (treatment != Treatment.Enforced) return this.base.compile(this.queues);
    if (this.enforced.has(name)) return this.enforced.get(name);
    const detection = this.base.enforcing(membersOf(name)).compile(this.queues);
    this.enforced.set(name, detection);
    return detection;
  }
}

function treatmentOf(object: JsonObject, name: string): Treatment {
  const enforces = object.boolOr("enforce", name == HTTP || name == "tls" || isHttpName(name));
  if (name == AUTO) {
    if (enforces) object.refuse("enforce", "must not be used with auto: nothing is declared");
    return Treatment.Detected;
  }
  if (!enforces) return Treatment.Trusted;
  if (name == TCP) object.refuse("enforce", "must not be used with tcp: all bytes are");
  if (isServerFirst(protocolOf(name))) {
    object.refuse("enforce", `must not be used with ${name}: its client waits for the server to speak`);
  }
  return Treatment.Enforced;
}

function isHttpName(name: string): bool {
  return name == "http/1.0" || name == "http/1.1" || name == "http2" || name == "grpc";
}
