import { z } from "zod";
import { kind, type SpecOf } from "../kind.js";
import { fields, flag, free, int, intOrText, matchLabels, text, textMap, texts } from "../schema.js";

const group = "networking.istio.io";
const versions = ["v1", "v1beta1", "v1alpha3"];

const clientTls = fields({
  mode: z.enum(["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]),
  clientCertificate: text,
  privateKey: text,
  caCertificates: text,
  credentialName: text,
  subjectAltNames: texts,
  sni: text,
  insecureSkipVerify: flag,
  caCrl: text,
});

const perPort = {
  loadBalancer: free,
  connectionPool: free,
  outlierDetection: free,
  tls: clientTls,
};

const trafficPolicy = fields({
  ...perPort,
  portLevelSettings: z.array(fields({ port: fields({ number: int }), ...perPort })),
  tunnel: free,
  proxyProtocol: free,
  retryBudget: free,
});

/** Istio's DestinationRule. Load balancing, pools and outlier detection are left unread. */
export const DestinationRule = kind({
  kind: "DestinationRule",
  group,
  versions,
  schema: fields({
    host: text,
    trafficPolicy,
    subsets: z.array(fields({ name: text, labels: textMap, trafficPolicy })),
    exportTo: texts,
    workloadSelector: matchLabels,
  }),
});
export type DestinationRuleSpec = SpecOf<typeof DestinationRule>;
export type TrafficPolicy = z.infer<typeof trafficPolicy>;

const stringMatch = fields({ exact: text, prefix: text, regex: text });
export type StringMatch = z.infer<typeof stringMatch>;

const destination = fields({ host: text, subset: text, port: fields({ number: int }) });
export type Destination = z.infer<typeof destination>;

const httpMatch = fields({
  name: text,
  uri: stringMatch,
  scheme: stringMatch,
  method: stringMatch,
  authority: stringMatch,
  headers: z.record(z.string(), stringMatch),
  withoutHeaders: z.record(z.string(), stringMatch),
  queryParams: z.record(z.string(), stringMatch),
  port: int,
  sourceLabels: textMap,
  sourceNamespace: text,
  gateways: texts,
  ignoreUriCase: flag,
  statPrefix: text,
});
export type HttpMatch = z.infer<typeof httpMatch>;

const httpRoute = fields({
  name: text,
  match: z.array(httpMatch),
  route: z.array(fields({ destination, weight: int, headers: free })),
  redirect: free,
  directResponse: free,
  delegate: fields({ name: text, namespace: text }),
  rewrite: free,
  timeout: text,
  retries: free,
  fault: free,
  mirror: destination,
  mirrors: z.array(fields({ destination, percentage: free })),
  mirrorPercent: int,
  mirror_percent: int,
  mirrorPercentage: free,
  corsPolicy: free,
  headers: free,
});
export type HttpRoute = z.infer<typeof httpRoute>;

const l4Match = {
  destinationSubnets: texts,
  port: int,
  sourceLabels: textMap,
  sourceNamespace: text,
  gateways: texts,
};
const l4Route = z.array(fields({ destination, weight: int }));

/** Istio's VirtualService. Faults, retries, rewrites and headers are left unread. */
export const VirtualService = kind({
  kind: "VirtualService",
  group,
  versions,
  schema: fields({
    hosts: texts,
    gateways: texts,
    http: z.array(httpRoute),
    tls: z.array(fields({ match: z.array(fields({ ...l4Match, sniHosts: texts })), route: l4Route })),
    tcp: z.array(fields({ match: z.array(fields({ ...l4Match, sourceSubnet: text })), route: l4Route })),
    exportTo: texts,
  }),
});
export type VirtualServiceSpec = SpecOf<typeof VirtualService>;

const tlsVersion = z.enum(["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"]);

const serverTls = fields({
  httpsRedirect: flag,
  mode: z.enum(["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"]),
  serverCertificate: text,
  privateKey: text,
  caCertificates: text,
  caCrl: text,
  credentialName: text,
  credentialNames: texts,
  caCertCredentialName: text,
  tlsCertificates: free,
  insecureSkipVerify: flag,
  subjectAltNames: texts,
  verifyCertificateSpki: texts,
  verifyCertificateHash: texts,
  minProtocolVersion: tlsVersion,
  maxProtocolVersion: tlsVersion,
  cipherSuites: texts,
});

/** Istio's Gateway (Kubernetes has another kind of that name). */
export const Gateway = kind({
  kind: "Gateway",
  group,
  versions,
  schema: fields({
    selector: textMap,
    servers: z.array(
      fields({
        name: text,
        port: fields({ number: int, name: text, protocol: text, targetPort: int }),
        bind: text,
        hosts: texts,
        tls: serverTls,
        defaultEndpoint: text,
      }),
    ),
  }),
});

/** Istio's ServiceEntry. */
export const ServiceEntry = kind({
  kind: "ServiceEntry",
  group,
  versions,
  schema: fields({
    hosts: texts,
    addresses: texts,
    ports: z.array(fields({ number: int, protocol: text, name: text, targetPort: int })),
    location: z.enum(["MESH_EXTERNAL", "MESH_INTERNAL"]),
    resolution: z.enum(["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"]),
    endpoints: z.array(
      fields({
        address: text,
        ports: z.record(z.string(), int),
        labels: textMap,
        network: text,
        locality: text,
        weight: int,
        serviceAccount: text,
      }),
    ),
    workloadSelector: fields({ labels: textMap }),
    exportTo: texts,
    subjectAltNames: texts,
  }),
});

/** A Gateway of the Kubernetes Gateway API; only what its checks need is read. */
export const KubernetesGateway = kind({
  kind: "Gateway",
  group: "gateway.networking.k8s.io",
  versions: ["v1", "v1beta1", "v1alpha2"],
  schema: z.looseObject({
    gatewayClassName: text.optional(),
    listeners: z
      .array(
        z.looseObject({
          name: text.optional(),
          port: intOrText.optional(),
          protocol: text.optional(),
          hostname: text.optional(),
        }),
      )
      .optional(),
  }),
});
