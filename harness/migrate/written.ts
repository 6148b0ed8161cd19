import { toYaml, type Resource } from "../resources/index.js";

export type Labels = Readonly<Record<string, string>>;

/** A resource that is written, with what is said of it above. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly comment: string;
}

/** A resource of `security.istio.io`. Its version has been there since Istio 1.4, so it is right for a migration's both ends. */
export function security(
  kind: "AuthorizationPolicy" | "PeerAuthentication" | "RequestAuthentication",
  name: string,
  namespace: string,
  spec: Readonly<Record<string, unknown>>,
  comment: string,
  annotations?: Labels,
): Written {
  return {
    apiVersion: "security.istio.io/v1beta1",
    kind,
    metadata: { name, namespace, ...(annotations && { annotations }) },
    spec,
    comment,
  };
}

/** The same with the labels and annotations of the resource whose place it takes. */
export function inPlaceOf({ metadata: { labels, annotations } }: Resource, written: Written): Written {
  const kept = {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  return { ...written, metadata: { ...written.metadata, ...kept } };
}

/** The resources as YAML documents. */
export function yamlOf(resources: readonly Written[]): string {
  return resources.map(({ comment, ...resource }) => toYaml(resource, comment)).join("---\n");
}

/** An object as it was written, without what only the API server knows. */
export function restored(raw: Readonly<Record<string, unknown>>): string {
  const { apiVersion, kind, metadata, ...body } = raw as Record<string, unknown> & {
    metadata?: Record<string, unknown>;
  };
  delete body["status"];
  const { name, namespace, labels, annotations } = metadata ?? {};
  const kept = Object.entries({ name, namespace, labels, annotations }).filter(
    ([, value]) => value !== undefined,
  );
  return toYaml({ apiVersion, kind, metadata: Object.fromEntries(kept), ...body });
}
