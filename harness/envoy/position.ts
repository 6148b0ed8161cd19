import { isMap, isNode, isScalar, LineCounter, parseDocument, type ParsedNode } from "yaml";

/** `a.b[0].c` as `["a", "b", 0, "c"]`. */
function steps(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );
}

function child(node: unknown, step: string | number): unknown {
  if (!isNode(node) || !("get" in node)) return undefined;
  return (node as unknown as { get(key: unknown, keepScalar: true): unknown }).get(step, true);
}

/**
 * Where in a YAML text a field stands that Envoy names by the path of its message, such as
 * `static_resources.listeners[0]`; the nearest enclosing node when the field itself is not found there.
 */
export function positionOfPath(
  text: string,
  path: string,
  field?: string,
): { line: number; column: number } | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let node: unknown = document.contents;
  for (const step of steps(path)) {
    const next = child(node, step);
    if (next === undefined) break;
    node = next;
  }
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === field);
    if (pair !== undefined) node = pair.key;
  }
  const start = isNode(node) ? (node as ParsedNode).range?.[0] : undefined;
  if (start === undefined) return undefined;
  const { line, col } = lines.linePos(start);
  return { line, column: col };
}
