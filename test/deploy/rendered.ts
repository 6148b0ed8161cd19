import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { meshTool } from "../mesh/tools.js";
import { execute, type Outcome } from "../mesh/execute.js";

/** The chart, from the project's folder. */
export const CHART = "deploy/helm/tremula-filters";

/** A Kubernetes object. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** All objects of a YAML text. */
export function objectsOf(text: string): Rendered[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    const object = document.toJS() as Rendered | null;
    return object === null ? [] : [object];
  });
}

export function objectsIn(file: string): Rendered[] {
  return objectsOf(readFileSync(file, "utf8"));
}

/** Runs helm. */
export function helm(...args: readonly string[]): Promise<Outcome> {
  return execute(meshTool("helm")!, args);
}

/** What the chart renders for a release `rel` in the namespace `shop`. */
export async function rendered(...args: readonly string[]): Promise<Rendered[]> {
  const { code, stdout, stderr } = await helm("template", "rel", CHART, "-n", "shop", ...args);
  if (code !== 0) throw new Error(stderr);
  return objectsOf(stdout);
}

/** What kustomize builds of a folder. */
export async function kustomized(folder: string): Promise<Rendered[]> {
  const { code, stdout, stderr } = await execute(meshTool("kustomize")!, ["build", folder]);
  if (code !== 0) throw new Error(stderr);
  return objectsOf(stdout);
}
