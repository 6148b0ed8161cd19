// SPDX-License-Identifier: Apache-2.0
import { ByteWriter, CidrRange, IpAddress, JsonObject } from "tremula/assembly";
import { AddressCondition } from "../conditions/address-condition";
import { PortCondition } from "../conditions/port-condition";
import { AttributeKind } from "../policy/attribute";
import { Expression } from "../policy/expression";
import { Hint } from "../policy/hint";
import { AddressPlace } from "./address-place";
import { Scope } from "./scope";

const PORTS: i64 = 65536;

/** Reads an `envoy.config.core.v3.CidrRange` that an address must be in. */
export function readAddress(message: JsonObject, kind: AttributeKind, scope: Scope): Expression {
  const attribute = scope.attribute(kind);
  const range = CidrRange.read(message);
  const prefix = message.stringOr("address_prefix", "");
  const bits = <i32>message.u32Or("prefix_len", 0, 0, 128);
  const address = new IpAddress();
  address.parse(prefix);
  const text = new ByteWriter(24).write(prefix).write("/").writeInt(bits).toBytes();
  return scope.leaf(AddressCondition.of(attribute, text, range, Hint.ofCidr(attribute, address, bits)));
}

/** Reads a port of the connection's destination. */
export function readPort(message: JsonObject, name: string, scope: Scope): Expression {
  const port = <i32>message.u32(name, 0, 65535);
  return scope.leaf(PortCondition.of(scope.attribute(AttributeKind.DestinationPort), port, port + 1));
}

/** Reads an `envoy.type.v3.Int32Range` of ports; native refuses the same ones (source/extensions/filters/common/rbac/matchers.cc). */
export function readPorts(message: JsonObject, scope: Scope): Expression {
  const start = message.i64Or("start", 0);
  const end = message.i64Or("end", 0);
  if (start < 0 || start > PORTS - 1) message.refuse("start", "must be from 0 to 65535");
  if (end < 0 || end > PORTS) message.refuse("end", "must be from 0 to 65536");
  if (start >= end) message.refuseAll("must have a start below its end");
  const attribute = scope.attribute(AttributeKind.DestinationPort);
  return scope.leaf(PortCondition.of(attribute, <i32>start, <i32>end));
}

/** Reads a range for an address that Envoy shows to Wasm only if it is told to, see `AddressPlace`. */
export function readHiddenAddress(
  message: JsonObject,
  name: string,
  kind: AttributeKind,
  place: AddressPlace | null,
  option: string,
  scope: Scope,
): Expression {
  if (place === null) {
    message.refuse(
      name,
      `must not be used without ${option}: Envoy has no attribute for this address, so say where it is (see README.md)`,
    );
  }
  return readAddress(message.object(name), kind, scope);
}
