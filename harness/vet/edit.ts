import { isMap } from "yaml";
import { find, type Path, type Resource } from "../resources/index.js";
import type { Insertion } from "./finding.js";

/**
 * The text that adds a field to a map of the file, right behind the map's first field: nothing else of the file changes,
 * neither comments nor how it is indented. Undefined where it would not be plain: in a map that comes from an alias.
 */
export function addField(resource: Resource, path: Path, name: string, value: string): Insertion | undefined {
  const whole = [...resource.prefix, ...path];
  const { value: node, depth } = find(resource.source.document(resource.chunk), whole);
  const start = node?.range?.[0];
  if (depth !== whole.length || start === undefined || !isMap(node) || node.items.length === 0)
    return undefined;
  const { file, text } = resource.source;
  const offset = resource.chunk.start + start;
  if (node.flow === true)
    // JSON wants its names quoted.
    return /["']/.test(
      text
        .slice(offset + 1)
        .trimStart()
        .charAt(0),
    )
      ? { file, offset: offset + 1, text: `"${name}": ${JSON.stringify(value)}, ` }
      : { file, offset: offset + 1, text: `${name}: ${value}, ` };
  const { column } = resource.source.positionAt(offset);
  return { file, offset, text: `${name}: ${value}\n${" ".repeat(column - 1)}` };
}
