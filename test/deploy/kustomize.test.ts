import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { meshToolsMissing } from "../mesh/tools.js";
import { kustomized, type Rendered } from "./rendered.js";

const missing = meshToolsMissing("kustomize");
const IMAGES = (
  parse(readFileSync("deploy/kustomize/base/images.yaml", "utf8")) as { data: Record<string, string> }
).data;

interface Image {
  readonly url: string;
  readonly sha256: string;
}

/** By the filter's name: without the name of the workload. */
function images(objects: readonly Rendered[]): Record<string, Image> {
  const plugins = objects
    .filter(({ kind }) => kind === "WasmPlugin")
    .map(({ metadata, spec }) => [metadata.name.replace(/^orders-/, ""), spec as unknown as Image] as const);
  const wasm = objects.flatMap(
    ({ spec }) => (spec?.wasm ?? []) as { name: string; code: { image: Image } }[],
  );
  const entries = [...plugins, ...wasm.map(({ name, code }) => [name, code.image] as const)];
  return Object.fromEntries(entries.map(([name, { url, sha256 }]) => [name, { url, sha256 }]));
}

const pinned = (names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => [name, { url: IMAGES[name], sha256: IMAGES[name]?.split("@sha256:")[1] }]),
  );

describe.skipIf(missing !== null)(`the overlays${missing === null ? "" : ` (${missing})`}`, () => {
  it("for Istio have every filter, with the images of the base", async () => {
    const objects = await kustomized("deploy/kustomize/overlays/istio");
    expect(images(objects)).toEqual(pinned(Object.keys(IMAGES)));
    expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(["WasmPlugin", "EnvoyFilter"]));
    for (const { metadata } of objects) expect(metadata.namespace).toBe("shop");
  });

  it("for Envoy Gateway have the filters of HTTP, with the images of the base", async () => {
    const objects = await kustomized("deploy/kustomize/overlays/envoygateway");
    expect(images(objects)).toEqual(pinned(["jwt-authn", "rbac", "telemetry"]));
    expect(objects.map(({ kind }) => kind)).toEqual(["EnvoyExtensionPolicy"]);
  });

  it("for Argo CD come in waves: the secret, the filters, the policy", async () => {
    const objects = await kustomized("deploy/argocd/orders");
    const waves = objects.map(({ kind, metadata }) => [
      kind,
      metadata.annotations?.["argocd.argoproj.io/sync-wave"],
    ]);
    expect(new Set(waves.map((wave) => wave.join(" ")))).toEqual(
      new Set(["Secret -1", "WasmPlugin 0", "EnvoyFilter 0", "AuthorizationPolicy 1"]),
    );
  });
});
