import type { Kind } from "../kind.js";
import { ConfigMap, IstioOperator, Namespace, Service } from "./core.js";
import { EnvoyFilter, TrafficExtension, WasmPlugin } from "./extensions.js";
import { ClusterRbacConfig, MeshPolicy, Policy, ServiceRole, ServiceRoleBinding } from "./legacy.js";
import { DestinationRule, Gateway, KubernetesGateway, ServiceEntry, VirtualService } from "./networking.js";
import { AuthorizationPolicy, PeerAuthentication, RequestAuthentication } from "./security.js";
import { Telemetry } from "./telemetry.js";
import { DaemonSet, Deployment, Pod, StatefulSet } from "./workloads.js";

export * from "./core.js";
export * from "./extensions.js";
export * from "./legacy.js";
export * from "./networking.js";
export * from "./security.js";
export * from "./telemetry.js";
export * from "./workloads.js";

/** Every kind that we read. */
export const KINDS: readonly Kind[] = [
  Service,
  Namespace,
  ConfigMap,
  IstioOperator,
  Pod,
  Deployment,
  StatefulSet,
  DaemonSet,
  AuthorizationPolicy,
  RequestAuthentication,
  PeerAuthentication,
  Telemetry,
  DestinationRule,
  VirtualService,
  Gateway,
  KubernetesGateway,
  ServiceEntry,
  EnvoyFilter,
  WasmPlugin,
  TrafficExtension,
  Policy,
  MeshPolicy,
  ClusterRbacConfig,
  ServiceRole,
  ServiceRoleBinding,
];
