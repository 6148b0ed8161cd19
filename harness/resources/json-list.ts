import type { Chunk } from "./chunks.js";

/**
 * The objects of a list in JSON, as `kubectl get -o json` writes it; undefined where the text is anything else. As YAML, all
 * of them at once would take a minute and gigabytes.
 */
export function jsonObjects(text: string, { start, end }: Chunk): Chunk[] | undefined {
  const part = text.slice(start, end);
  if (!/^\s*\{/.test(part) || !isList(part)) return undefined;
  const objects: Chunk[] = [];
  const key = /"items"\s*:/y;
  let depth = 0;
  let lists = 0;
  let from = 0;
  let isText = false;
  // The text is JSON, so that brackets outside of strings are all there is to look for. (An expression for a whole string
  // would fill the stack with a long one.)
  for (const { 0: token, index } of part.matchAll(/\\.|["[\]{}]/g)) {
    if (token === '"') {
      key.lastIndex = index;
      if (!isText && depth === 1 && key.test(part)) lists += 1;
      isText = !isText;
    } else if (isText) continue;
    else if (token === "{" || token === "[") {
      depth += 1;
      if (depth === 3) from = index;
    } else {
      if (depth === 3) objects.push({ start: start + from, end: start + index + 1 });
      depth -= 1;
    }
  }
  return lists === 1 ? objects : undefined;
}

/** Whether it has nothing but what a list has: then all that nests three deep is its objects. */
function isList(text: string): boolean {
  try {
    const { apiVersion, kind, metadata = {}, items, ...rest } = JSON.parse(text) as Record<string, unknown>;
    const isFlat =
      typeof metadata === "object" && Object.values(metadata ?? {}).every((one) => !isNested(one));
    return (
      typeof apiVersion === "string" &&
      kind === "List" &&
      isFlat &&
      Object.keys(rest).length === 0 &&
      Array.isArray(items) &&
      items.every(isNested)
    );
  } catch {
    return false;
  }
}

function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
