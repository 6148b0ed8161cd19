import type { Path } from "../resources/index.js";
import type { MeshPort } from "./mesh.js";

/** Where a port of a Service stands. */
export function portPath({ index }: MeshPort): Path {
  return ["spec", "ports", index];
}

/** `port 80 (http)` */
export function portText({ port: { name, port } }: MeshPort): string {
  return name === undefined ? `port ${port}` : `port ${port} (${name})`;
}
