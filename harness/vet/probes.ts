import type { Container } from "../resources/index.js";
import { ownContainers, type Workload } from "./workload.js";

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** A probe that the kubelet sends to the workload itself, as plain text. */
export interface PlainProbe {
  readonly container: Container;
  readonly name: (typeof PROBES)[number];
  readonly port: number | string;
  /** The port's number; undefined when its name is not that of a port. */
  readonly number: number | undefined;
}

/** A workload's probes, where its sidecar does not answer them (Istio rewrites them otherwise). */
export function plainProbes(workload: Workload): PlainProbe[] {
  if (workload.annotations["sidecar.istio.io/rewriteAppHTTPProbers"] !== "false") return [];
  return ownContainers(workload).flatMap((container) =>
    PROBES.flatMap((name) => {
      const probe = container[name];
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
      if (port === undefined) return [];
      const named = (container.ports ?? []).find((declared) => declared.name === port);
      return [{ container, name, port, number: typeof port === "number" ? port : named?.containerPort }];
    }),
  );
}
