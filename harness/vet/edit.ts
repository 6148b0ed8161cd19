import { isMap } from "yaml";
import { find, type Path, type Resource } from "../resources/index.js";
import type { Insertion } from "./finding.js";

/**
 * The text that adds a field to a map of the file, right behind the map's first field: nothing else of the file changes,
 * neither comments nor how it is indented. Undefined where it would not be plain: in a map that comes from an alias, or that has
 * the field already, without a value.
 */
export function addField(resource: Resource, path: Path, name: string, value: string): Insertion | undefined {
  const whole = [...resource.prefix, ...path];
  const { value: node, depth } = find(resource.source.document(resource.chunk), whole);
  const start = node?.range?.[0];
  if (depth !== whole.length || start === undefined || !isMap(node) || node.items.length === 0)
    return undefined;
  // A field that is null counts as absent, but a second one of its name makes the file unreadable.
  if (node.has(name)) return undefined;
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
      ? { file, offset: offset + 1, text: `"${name}": ${JSON.stringify(value)}, `, within: text }
      : { file, offset: offset + 1, text: `${name}: ${value}, `, within: text };
  const { column } = resource.source.positionAt(offset);
  const end = text.charAt(text.indexOf("\n", offset) - 1) === "\r" ? "\r\n" : "\n";
  return { file, offset, text: `${name}: ${value}${end}${" ".repeat(column - 1)}`, within: text };
}
