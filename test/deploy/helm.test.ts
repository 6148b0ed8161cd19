import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { generate } from "../generate/rig.js";
import { meshToolsMissing } from "../mesh/tools.js";
import { CHART, helm, objectsOf, rendered, type Rendered } from "./rendered.js";

const missing = meshToolsMissing("helm");
const ISTIO = `${CHART}/examples/istio.yaml`;
const GATEWAY = `${CHART}/examples/envoygateway.yaml`;
const DIGEST = `sha256:${"ab".repeat(32)}`;

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "tremula-helm-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function fileWith(values: unknown): Promise<string> {
  const file = join(folder, `values-${(files += 1)}.yaml`);
  await writeFile(file, typeof values === "string" ? values : stringify(values));
  return file;
}

const render = async (values: unknown, ...args: string[]) => rendered("-f", await fileWith(values), ...args);

const filter = (more: object = {}) => ({
  name: "one",
  pluginName: "rbac",
  image: { repository: "registry.example/rbac", digest: DIGEST },
  ...more,
});

/** Without what Helm says of itself, and in one order. */
function comparable(objects: readonly Rendered[]) {
  return objects
    .map(({ metadata: { name, namespace }, ...rest }) => ({ ...rest, metadata: { name, namespace } }))
    .sort((a, b) => (`${a.kind}/${a.metadata.name}` < `${b.kind}/${b.metadata.name}` ? -1 : 1));
}

describe.skipIf(missing !== null)(`the chart${missing === null ? "" : ` (${missing})`}`, () => {
  it("is clean to helm lint, with its defaults and both examples", async () => {
    for (const values of [[], ["-f", ISTIO], ["-f", GATEWAY]]) {
      const { code, stdout, stderr } = await helm("lint", "--strict", CHART, ...values);
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).not.toMatch(/\[(WARNING|ERROR)\]/);
    }
    expect(await rendered()).toEqual([]);
  });

  it.each(["wasmplugin", "trafficextension"] as const)(
    "renders of `generate --target helm-values` what `generate --target %s` writes",
    async (target) => {
      const input = await readFile("test/generate/golden/input.yaml", "utf8");
      const options = { namespace: "prod", labels: { app: "web" }, imagePullSecret: "registry" };
      const wanted = objectsOf(generate(input, target, options).text);
      const values = await fileWith(generate(input, "helm-values", options).text);
      const resource = target === "wasmplugin" ? "WasmPlugin" : "TrafficExtension";
      const come = await rendered("-f", values, "--set", `target.resource=${resource}`);
      expect(comparable(come)).toEqual(comparable(wanted));
      expect(come.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["ServiceEntry", "DestinationRule", "EnvoyFilter", resource]),
      );
    },
  );

  it("renders of values for a Gateway what `generate --target envoygateway` writes, and pins the address too", async () => {
    const input = (await readFile("test/generate/golden/input.yaml", "utf8"))
      .replace('jwksUri: "https://issuer.example/keys"', "jwks: '{\"keys\":[]}'")
      .replace(/---\napiVersion: v1\n[^]*/, "");
    const options = { namespace: "prod", gateway: "eg", remoteIsDirect: true };
    type Wasm = { name: string; code: { image: { url: string; sha256: string } } };
    const [wanted] = objectsOf(generate(input, "envoygateway", options).text);
    const values = await fileWith(generate(input, "helm-values", options).text);
    const [come] = await rendered("-f", values, "--set", "target.kind=envoygateway");
    const wasm = (object?: Rendered) => object?.spec.wasm as Wasm[];
    // The plugins' names are those of resources with Istio, where each has one of its own.
    const bare = (object?: Rendered) =>
      wasm(object).map(({ code, ...rest }) => ({
        ...rest,
        name: undefined,
        code: { ...code, image: { ...code.image, url: code.image.url.replace(/@.*/, "") } },
      }));
    expect(come?.spec.targetRefs).toEqual(wanted?.spec.targetRefs);
    expect(bare(come)).toEqual(bare(wanted));
    for (const { code } of wasm(come)) expect(code.image.url).toMatch(`@sha256:${code.image.sha256}`);
  });

  it("takes the kind that the cluster has, when asked to", async () => {
    const values = { target: { resource: "auto" }, filters: [filter()] };
    const kind = async (...args: string[]) => (await render(values, ...args)).map((one) => one.kind);
    expect(await kind()).toEqual(["WasmPlugin"]);
    expect(await kind("--api-versions", "extensions.istio.io/v1alpha1/TrafficExtension")).toEqual([
      "TrafficExtension",
    ]);
  });

  it("leaves out a filter that is not enabled", async () => {
    const names = (await rendered("-f", ISTIO, "--set", "filters[1].enabled=false"))
      .filter(({ kind }) => kind === "WasmPlugin")
      .map(({ metadata }) => metadata.name);
    expect(names).toEqual(["orders-jwt-authn", "orders-protocol-detection"]);
  });

  it("makes an image's address of what is given, and takes a tag alone only when that is allowed", async () => {
    const url = async (values: object) =>
      ((await render(values)).at(0)?.spec as { url: string; sha256?: string }).url;
    const one = { name: "one", pluginName: "rbac" };
    const image = { repository: "registry.example:5000/tremula/", tag: "1.2.0" };
    expect(await url({ image: { ...image, digest: DIGEST }, filters: [one] })).toBe(
      `oci://registry.example:5000/tremula/rbac:1.2.0@${DIGEST}`,
    );
    expect(await url({ allowTags: true, image, filters: [one] })).toBe(
      "oci://registry.example:5000/tremula/rbac:1.2.0",
    );
    expect(
      await url({ filters: [filter({ image: { repository: "oci://r.example/x:3", digest: DIGEST } })] }),
    ).toBe(`oci://r.example/x:3@${DIGEST}`);
    await expect(render({ image, filters: [one] })).rejects.toThrow("filter one: image.digest is missing");
    await expect(render({ filters: [one] })).rejects.toThrow("filter one: neither its image.repository nor");
  });

  it("keeps whole numbers, texts and nesting of a configuration as they are", async () => {
    const pluginConfig = {
      large: 9_007_199_254_740_991,
      million: 1_000_000,
      text: 'a "quoted" <text> with {{ .Values }} & ünïcode\nand lines',
      like: ["true", "010", "1e6", null, true, { deep: [[]] }],
    };
    const [come] = await render({ filters: [filter({ pluginConfig })] });
    expect(come?.spec.pluginConfig).toEqual(pluginConfig);
    const [gateway] = await render({
      target: { kind: "envoygateway", targetRefs: [{ kind: "Gateway", name: "g" }] },
      filters: [filter({ pluginConfig })],
    });
    expect((gateway?.spec.wasm as { config: unknown }[])[0]?.config).toEqual(pluginConfig);
  });

  it("lets a TCP proxy take early data where protocol detection waits for it, and nowhere else", async () => {
    const detection = { type: "NETWORK", maxEarlyDataBytes: 65_536 };
    const patches = async (values: object) =>
      (await render(values))
        .filter(({ kind }) => kind === "EnvoyFilter")
        .flatMap(({ spec }) => spec.configPatches as { match: object; patch: { operation: string } }[]);
    const proxy = { filter: { name: "envoy.filters.network.tcp_proxy" } };
    const twoPorts = [{ mode: "SERVER", ports: [{ number: 6379 }, { number: 3306 }] }];
    const inbound = await patches({ filters: [filter({ ...detection, match: twoPorts })] });
    expect(inbound.map(({ match }) => match)).toEqual(
      [6379, 3306].map((destinationPort) => ({
        context: "SIDECAR_INBOUND",
        listener: { filterChain: { destinationPort, ...proxy } },
      })),
    );
    expect(inbound[0]?.patch).toMatchObject({
      operation: "MERGE",
      value: { typed_config: { max_early_data_bytes: 65_536 } },
    });
    const client = [{ mode: "CLIENT", ports: [{ number: 6379 }] }];
    expect((await patches({ filters: [filter({ ...detection, match: client })] }))[0]?.match).toEqual({
      context: "SIDECAR_OUTBOUND",
      listener: { portNumber: 6379, filterChain: proxy },
    });
    expect((await patches({ gateway: true, filters: [filter(detection)] }))[0]?.match).toEqual({
      context: "GATEWAY",
      listener: { filterChain: proxy },
    });
    expect(await patches({ filters: [filter({ type: "NETWORK" })] })).toEqual([]);
    expect(await patches({ filters: [filter({ ...detection, enabled: false })] })).toEqual([]);
  });

  it("writes labels and annotations on everything, and not over its own labels", async () => {
    const objects = await rendered(
      ...["-f", ISTIO, "--set-string", "annotations.argocd\\.argoproj\\.io/sync-wave=0"],
      ...["--set", "labels.team=orders,labels.app\\.kubernetes\\.io/instance=other"],
    );
    expect(objects.length).toBeGreaterThan(5);
    for (const { metadata } of objects) {
      expect(metadata.namespace).toBe("shop");
      expect(metadata.annotations).toEqual({ "argocd.argoproj.io/sync-wave": "0" });
      expect(metadata.labels).toMatchObject({ team: "orders", "app.kubernetes.io/instance": "rel" });
    }
  });

  const gateway = { kind: "envoygateway", targetRefs: [{ kind: "Gateway", name: "g" }] };
  it.each([
    ["an unknown value", { filter: [] }, /'?filter'? not allowed|additional properties 'filter'/],
    ["an unknown field of a filter", { filters: [filter({ plugin_config: {} })] }, /plugin_config/],
    ["a filter without a name", { filters: [{ pluginName: "rbac" }] }, /name/],
    ["a strategy that there is not", { filters: [filter({ failStrategy: "FAIL_SAFE" })] }, /failStrategy/],
    ["a digest that is none", { filters: [filter({ image: { digest: "sha256:12" } })] }, /digest/],
    [
      "two ways to say whom",
      { target: { selector: { matchLabels: { a: "b" } }, targetRefs: gateway.targetRefs } },
      /target/,
    ],
    ["a gateway without a target", { target: { kind: "envoygateway" } }, /targetRefs/],
    ["early data for HTTP", { filters: [filter({ maxEarlyDataBytes: 1 })] }, /type/],
    ["a port out of range", { keyServers: [{ host: "a", port: 65_536, tls: true }] }, /port/],
    [
      "a network filter for Envoy Gateway",
      { target: gateway, filters: [filter({ type: "NETWORK" })] },
      /one: Envoy Gateway loads no network filters/,
    ],
    [
      "ports for Envoy Gateway",
      { target: gateway, filters: [filter({ match: [{ ports: [{ number: 1 }] }] })] },
      /one: match\.ports/,
    ],
    [
      "key servers for Envoy Gateway",
      { target: gateway, keyServers: [{ host: "a", port: 1, tls: true }] },
      /keyServers/,
    ],
    ["direct addresses for Envoy Gateway", { target: gateway, directAddress: ["http"] }, /directAddress/],
    [
      "17 filters for Envoy Gateway",
      { target: gateway, filters: Array.from({ length: 17 }, (_, i) => filter({ name: `f${i}` })) },
      /16 at most/,
    ],
  ])("refuses %s", async (_, values, message) => {
    await expect(render(values)).rejects.toThrow(message);
  });
});
