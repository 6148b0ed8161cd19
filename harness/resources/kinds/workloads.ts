import { z } from "zod";
import { kind } from "../kind.js";
import { fields, flag, free, int, intOrText, text, textMap, texts } from "../schema.js";

const probeAction = {
  httpGet: fields({ host: text, path: text, port: intOrText, scheme: text, httpHeaders: free }),
  tcpSocket: fields({ host: text, port: intOrText }),
  grpc: fields({ port: int, service: text }),
  exec: fields({ command: texts }),
};

const probe = fields({
  ...probeAction,
  initialDelaySeconds: int,
  timeoutSeconds: int,
  periodSeconds: int,
  successThreshold: int,
  failureThreshold: int,
  terminationGracePeriodSeconds: int,
});

const container = fields({
  name: text,
  image: text,
  ports: z.array(fields({ name: text, containerPort: int, protocol: text, hostPort: int, hostIP: text })),
  command: texts,
  args: texts,
  env: z.array(fields({ name: text, value: text, valueFrom: free })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  envFrom: free,
  imagePullPolicy: text,
  lifecycle: free,
  resizePolicy: free,
  resources: free,
  restartPolicy: text,
  restartPolicyRules: free,
  securityContext: free,
  stdin: flag,
  stdinOnce: flag,
  targetContainerName: text,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  tty: flag,
  volumeDevices: free,
  volumeMounts: free,
  workingDir: text,
});
export type Container = z.infer<typeof container>;

const podSpec = fields({
  containers: z.array(container),
  initContainers: z.array(container),
  ephemeralContainers: z.array(container),
  serviceAccountName: text,
  serviceAccount: text,
  hostNetwork: flag,
  activeDeadlineSeconds: int,
  affinity: free,
  automountServiceAccountToken: flag,
  dnsConfig: free,
  dnsPolicy: text,
  enableServiceLinks: flag,
  hostAliases: free,
  hostIPC: flag,
  hostPID: flag,
  hostUsers: flag,
  hostname: text,
  hostnameOverride: text,
  imagePullSecrets: free,
  nodeName: text,
  nodeSelector: textMap,
  os: free,
  overhead: free,
  preemptionPolicy: text,
  priority: int,
  priorityClassName: text,
  readinessGates: free,
  resourceClaims: free,
  resources: free,
  restartPolicy: text,
  runtimeClassName: text,
  schedulerName: text,
  schedulingGates: free,
  securityContext: free,
  setHostnameAsFQDN: flag,
  shareProcessNamespace: flag,
  subdomain: text,
  terminationGracePeriodSeconds: int,
  tolerations: free,
  topologySpreadConstraints: free,
  volumes: free,
  workloadRef: free,
});
export type PodSpec = z.infer<typeof podSpec>;

/** Kubernetes' Pod. */
export const Pod = kind({ kind: "Pod", group: "", versions: ["v1"], schema: podSpec });

const template = fields({
  metadata: z.looseObject({ labels: textMap.optional(), annotations: textMap.optional() }),
  spec: podSpec,
});
const labelSelector = fields({ matchLabels: textMap, matchExpressions: free });

const apps = { group: "apps", versions: ["v1"] };

/** Kubernetes' Deployment. */
export const Deployment = kind({
  ...apps,
  kind: "Deployment",
  schema: fields({
    selector: labelSelector,
    template,
    replicas: int,
    minReadySeconds: int,
    paused: flag,
    progressDeadlineSeconds: int,
    revisionHistoryLimit: int,
    strategy: free,
  }),
});

/** Kubernetes' StatefulSet. */
export const StatefulSet = kind({
  ...apps,
  kind: "StatefulSet",
  schema: fields({
    selector: labelSelector,
    template,
    serviceName: text,
    replicas: int,
    minReadySeconds: int,
    ordinals: free,
    persistentVolumeClaimRetentionPolicy: free,
    podManagementPolicy: text,
    revisionHistoryLimit: int,
    updateStrategy: free,
    volumeClaimTemplates: free,
  }),
});

/** Kubernetes' DaemonSet. */
export const DaemonSet = kind({
  ...apps,
  kind: "DaemonSet",
  schema: fields({
    selector: labelSelector,
    template,
    minReadySeconds: int,
    revisionHistoryLimit: int,
    updateStrategy: free,
  }),
});
