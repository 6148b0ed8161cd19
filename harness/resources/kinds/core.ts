import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, flag, free, int, intOrText, portNumber, text, textMap, texts } from "../schema.js";

/** Kubernetes' Service. */
export const Service = kind({
  kind: "Service",
  group: "",
  versions: ["v1"],
  schema: fields({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    selector: textMap,
    ports: z.array(
      z.strictObject({
        name: text.optional(),
        port: portNumber,
        // Kubernetes knows TCP, UDP and SCTP; Istio takes what it does not know for TCP.
        protocol: text.optional(),
        appProtocol: text.optional(),
        targetPort: intOrText.optional(),
        nodePort: int.optional(),
      }),
    ),
    clusterIP: text,
    clusterIPs: texts,
    externalIPs: texts,
    externalName: text,
    ipFamilies: texts,
    ipFamilyPolicy: text,
    internalTrafficPolicy: text,
    externalTrafficPolicy: text,
    trafficDistribution: text,
    healthCheckNodePort: int,
    loadBalancerClass: text,
    loadBalancerIP: text,
    loadBalancerSourceRanges: texts,
    allocateLoadBalancerNodePorts: flag,
    publishNotReadyAddresses: flag,
    sessionAffinity: text,
    sessionAffinityConfig: free,
  }),
});
export type ServiceSpec = SpecOf<typeof Service>;
export type ServicePort = NonNullable<ServiceSpec["ports"]>[number];

/** Kubernetes' Namespace. */
export const Namespace = kind({
  kind: "Namespace",
  group: "",
  versions: ["v1"],
  namespaced: false,
  schema: fields({ finalizers: texts }),
});

/** Kubernetes' ConfigMap: Istio keeps its mesh configuration in one. */
export const ConfigMap = kind({
  kind: "ConfigMap",
  group: "",
  versions: ["v1"],
  at: "",
  schema: fields({ data: textMap, binaryData: textMap, immutable: flag }),
});

/** The file that `istioctl install` takes; of it only the mesh configuration is read. */
export const IstioOperator = kind({
  kind: "IstioOperator",
  group: "install.istio.io",
  versions: ["v1alpha1"],
  schema: z.looseObject({ meshConfig: z.record(z.string(), z.unknown()).optional() }),
});
