import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compile } from "../../harness/build/compile.js";
import { startPlugin } from "../../harness/host/index.js";
import { CHART, objectsIn } from "./rendered.js";

interface Configured {
  readonly filter: string;
  readonly rootId: string;
  readonly configuration: unknown;
}

/** The filter is named by the image, the plugin in it by its root. */
const configured = (image: string, rootId: string, configuration: unknown): Configured => ({
  filter: /\/([a-z-]+):[\d.]+/.exec(image)?.[1] ?? rootId.replace(/^stats_.*/, "telemetry"),
  rootId,
  configuration,
});

function ofValues(file: string): Configured[] {
  interface Filter {
    image: { repository: string; tag: string };
    pluginName: string;
    pluginConfig: unknown;
  }
  const { filters } = parse(readFileSync(file, "utf8")) as { filters: Filter[] };
  return filters.map(({ image, pluginName, pluginConfig }) =>
    configured(`${image.repository}:${image.tag}`, pluginName, pluginConfig),
  );
}

function ofObjects(file: string): Configured[] {
  return objectsIn(file).flatMap(({ spec }) => {
    const { wasm } = spec as { wasm?: { rootID: string; config: unknown }[] };
    if (wasm) return wasm.map(({ rootID, config }) => configured("", rootID, config));
    const { pluginName, pluginConfig } = spec as { pluginName: string; pluginConfig: unknown };
    return [configured("", pluginName, pluginConfig)];
  });
}

const ALL: [string, Configured][] = [
  ...["istio", "envoygateway"].flatMap((name) => {
    const file = `${CHART}/examples/${name}.yaml`;
    return ofValues(file).map((one): [string, Configured] => [`${file} ${one.rootId}`, one]);
  }),
  ...["istio", "envoygateway"].flatMap((name) => {
    const file = `deploy/kustomize/overlays/${name}/filters.yaml`;
    return ofObjects(file).map((one): [string, Configured] => [`${file} ${one.rootId}`, one]);
  }),
];

describe("the examples below deploy/", () => {
  const modules = new Map<string, WebAssembly.Module>();
  beforeAll(async () => {
    for (const filter of new Set(ALL.map(([, one]) => one.filter))) {
      const { outFile } = await compile({ entry: `filters/${filter}/index.ts` });
      modules.set(filter, await WebAssembly.compile(await readFile(outFile)));
    }
  });

  it("show every filter", () => {
    expect(new Set(ALL.map(([, { filter }]) => filter))).toEqual(
      new Set(["jwt-authn", "rbac", "telemetry", "protocol-detection"]),
    );
  });

  it.each(ALL)("configure a filter that takes it: %s", (_, { filter, rootId, configuration }) => {
    const start = (given: unknown) => startPlugin(modules.get(filter)!, { rootId, configuration: given });
    expect(() => start(configuration)).not.toThrow();
    expect(() => start({ ...(configuration as object), no_such_field: 1 })).toThrow("no_such_field");
  });
});

describe("what Renovate finds", () => {
  const { customManagers } = JSON.parse(readFileSync("deploy/renovate.json", "utf8")) as {
    customManagers: { matchStrings: string[] }[];
  };
  const found = (file: string) => {
    const text = readFileSync(file, "utf8");
    return customManagers
      .flatMap(({ matchStrings }) => matchStrings)
      .flatMap((one) => [...text.matchAll(new RegExp(one, "g"))])
      .map(({ groups }) => `${groups?.depName} ${groups?.currentValue} ${groups?.currentDigest?.slice(-2)}`);
  };
  const images = (...numbered: string[]) =>
    numbered.map((one) => one.replace(/^(\S+) /, "registry.example/tremula/$1 0.1.0 0"));

  it.each([
    [
      "deploy/kustomize/base/images.yaml",
      images("jwt-authn 1", "rbac 2", "protocol-detection 3", "telemetry 4"),
    ],
    [`${CHART}/examples/istio.yaml`, images("jwt-authn 1", "rbac 2", "protocol-detection 3")],
    [`${CHART}/examples/envoygateway.yaml`, images("jwt-authn 1", "telemetry 4")],
  ])("in %s are its images", (file, wanted) => expect(found(file)).toEqual(wanted));

  it("has ports of registries in it", () => {
    const [expression] = customManagers[0]!.matchStrings;
    const { groups } = new RegExp(expression!).exec(`oci://r.example:5000/a/b:1.0@sha256:${"0".repeat(64)}`)!;
    expect(groups).toMatchObject({ depName: "r.example:5000/a/b", currentValue: "1.0" });
  });
});
