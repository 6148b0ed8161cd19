/**
 * What Node (and what is like it: Deno, Bun) has and a browser has not, found without importing it: this host runs in
 * either. Null where there is none, which is Node before 20.16, too.
 */
export function builtinModule<T>(name: string): T | null {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return (process?.getBuiltinModule?.(name) as T | undefined) ?? null;
}

/**
 * A package, loaded now rather than with this module: what few tests need should cost the others no time. Null where
 * packages cannot be loaded at once.
 *
 * @throws {Error} when it is not installed
 */
export function packageModule<T>(name: string): T | null {
  const modules = builtinModule<{ createRequire(from: string): (name: string) => unknown }>("node:module");
  return modules === null ? null : (modules.createRequire(import.meta.url)(name) as T);
}
