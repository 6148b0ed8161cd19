import { resourcesOf } from "../../harness/resources/index.js";
import { vet, type Finding, type VetOptions } from "../../harness/vet/index.js";

/** Runs the checks on YAML documents; what cannot be read throws, because a test has mistyped it. */
export function findings(
  documents: string | readonly string[],
  options: VetOptions = {},
): readonly Finding[] {
  const text = typeof documents === "string" ? documents : documents.join("\n---\n");
  const resources = resourcesOf(text, { file: "f.yaml" });
  if (resources.problems.length > 0) throw new Error(JSON.stringify(resources.problems));
  return vet(resources, options).findings;
}

/** What one check says: `error Service prod/db: message`. */
export function said(id: string, documents: string | readonly string[], options: VetOptions = {}): string[] {
  return findings(documents, options)
    .filter((finding) => finding.id === id)
    .map(({ severity, object, message }) => `${severity} ${object}: ${message}`);
}

/** A document of an object in the namespace prod, whose fields are JSON (which is YAML). */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  spec: unknown,
  metadata: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify(
    { apiVersion, kind, metadata: { name, namespace: "prod", ...metadata }, spec },
    undefined,
    1,
  );
}

type Spec = Readonly<Record<string, unknown>>;

/** A Service for the pods with `app: NAME`. */
export const service = (name: string, ports: readonly Spec[], more: Spec = {}, metadata: Spec = {}): string =>
  object("v1", "Service", name, { selector: { app: name }, ports, ...more }, metadata);

/** A Deployment of pods with `app: NAME` and a sidecar. */
export const deployment = (
  name: string,
  { container = {}, annotations = {}, labels = {}, metadata = {} }: Readonly<Record<string, Spec>> = {},
): string =>
  object(
    "apps/v1",
    "Deployment",
    name,
    {
      template: {
        metadata: { labels: { app: name, "sidecar.istio.io/inject": "true", ...labels }, annotations },
        spec: { containers: [{ name: "main", image: "acme/main:1", ...container }] },
      },
    },
    metadata,
  );

export const pod = (
  name: string,
  labels: Spec = {},
  image = "istio/proxyv2:1.30",
  metadata: Spec = {},
): string =>
  object(
    "v1",
    "Pod",
    name,
    {
      containers: [
        { name: "main", image: "acme/main:1" },
        { name: "istio-proxy", image },
      ],
    },
    { labels: { app: name, ...labels }, ...metadata },
  );

export const authorization = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("security.istio.io/v1", "AuthorizationPolicy", name, spec, metadata);

export const requestAuthentication = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("security.istio.io/v1", "RequestAuthentication", name, spec, metadata);

export const peerAuthentication = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("security.istio.io/v1", "PeerAuthentication", name, spec, metadata);

export const destinationRule = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("networking.istio.io/v1", "DestinationRule", name, spec, metadata);

export const virtualService = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("networking.istio.io/v1", "VirtualService", name, spec, metadata);

export const serviceEntry = (name: string, spec: Spec, metadata: Spec = {}): string =>
  object("networking.istio.io/v1", "ServiceEntry", name, spec, metadata);

export const envoyFilter = (name: string, spec: Spec): string =>
  object("networking.istio.io/v1alpha3", "EnvoyFilter", name, spec);

export const wasmPlugin = (name: string, spec: Spec): string =>
  object("extensions.istio.io/v1alpha1", "WasmPlugin", name, spec);

export const trafficExtension = (name: string, spec: Spec): string =>
  object("extensions.istio.io/v1alpha1", "TrafficExtension", name, spec);

export const namespace = (name: string, labels: Spec = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });

export const meshConfig = (yaml: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio", namespace: "istio-system" },
    data: { mesh: yaml },
  });
