import { ExitCode, HarnessError } from "../errors.js";
import { DaemonSet, Deployment, Pod, StatefulSet, type Resources } from "../resources/index.js";
import type { Workload } from "./select.js";

/** How a workload was asked for. */
export interface WorkloadQuery {
  /** The name of a Deployment, StatefulSet, DaemonSet or Pod among the resources; null for none. */
  readonly name: string | null;
  /** Null for that of the workload, or `default`. */
  readonly namespace: string | null;
  /** What the workload is labelled with, besides what is known of it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly aliases: readonly string[];
  readonly gateway: string | null;
}

/** The label by which Istio knows which Gateway of the Gateway API a workload serves. */
const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

/** Where a workload's labels are written. */
interface Written {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The workload that configuration is for. When nothing is said, and there is one workload in the files, it is that one.
 *
 * @throws HarnessError when it has a name and is not among the resources
 */
export function workloadOf(resources: Resources, query: WorkloadQuery): Workload {
  const { rootNamespace, trustDomain, aliases } = query;
  const written = find(writtenWorkloads(resources), query);
  const labels = { ...written?.labels, ...query.labels };
  // A gateway without a name is known by its labels alone.
  const gateway = query.gateway || labels[GATEWAY_NAME];
  return {
    name: written?.name ?? nameOf(labels, gateway),
    namespace: query.namespace ?? written?.namespace ?? "default",
    labels,
    rootNamespace,
    trustDomain,
    aliases,
    ...(gateway && { gateway }),
  };
}

/** By the labels that people give for a name, or a gateway's. */
function nameOf(labels: Readonly<Record<string, string>>, gateway: string | undefined): string | null {
  return labels["app.kubernetes.io/name"] ?? labels["app"] ?? labels["istio"] ?? gateway ?? null;
}

function find(all: readonly Written[], { name, namespace, labels, gateway }: WorkloadQuery): Written | null {
  const here = all.filter((one) => namespace === null || one.namespace === namespace);
  if (name === null) {
    const isSaid = Object.keys(labels).length > 0 || gateway !== null;
    return !isSaid && here.length === 1 ? here[0]! : null;
  }
  const found = here.filter((one) => one.name === name);
  if (found.length === 1) return found[0]!;
  const where = namespace === null ? name : `${namespace}/${name}`;
  const what = found.length === 0 ? "there is no workload" : "there are several workloads";
  throw new HarnessError("WORKLOAD_UNKNOWN", `${what} ${where} in the files`, {
    exitCode: ExitCode.usage,
    hint: "give its Deployment, and say --namespace, or say --labels app=… instead",
  });
}

function writtenWorkloads(resources: Resources): Written[] {
  const templates = [Deployment, StatefulSet, DaemonSet].flatMap((kind) =>
    resources.of(kind).map(({ name, namespace, spec }) => ({
      name,
      namespace,
      labels: spec.template?.metadata?.labels ?? {},
    })),
  );
  const pods = resources.of(Pod).map(({ name, namespace, metadata }) => ({
    name,
    namespace,
    labels: metadata.labels,
  }));
  return [...templates, ...pods];
}
