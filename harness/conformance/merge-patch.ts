type Members = Record<string, unknown>;

/** A JSON merge patch (RFC 7396): members replace or add, null removes, lists are replaced whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch;
  const merged: Members = isMembers(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** The value without what dotted paths name; `*` stands for every member or element. */
export function withoutPaths(value: unknown, paths: readonly string[]): unknown {
  return paths.reduce((rest, path) => withoutPath(rest, path.split(".")), value);
}

function withoutPath(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value;
  if (Array.isArray(value)) return first === "*" ? value.map((one) => withoutPath(one, rest)) : value;
  if (!isMembers(value)) return value;
  const entries = Object.entries(value).flatMap(([name, one]): [string, unknown][] => {
    if (first !== "*" && first !== name) return [[name, one]];
    return rest.length === 0 ? [] : [[name, withoutPath(one, rest)]];
  });
  return Object.fromEntries(entries);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
