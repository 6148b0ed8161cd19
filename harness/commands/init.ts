import type { Command } from "commander";
import { existsSync, readdirSync } from "node:fs";
import { cp, readdir, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import { PACKAGE_ROOT } from "../package-root.js";

interface Options {
  template: string;
}

/** Stands for the project's name in the templates, file names included. */
const NAME = "__name__";

export function register(program: Command): void {
  const templates = readdirSync(join(PACKAGE_ROOT, "templates")).sort();
  program
    .command("init")
    .summary("a new filter project that builds, tests and runs at once")
    .description("Makes a project with a filter, its tests and an Envoy config.")
    .argument("<dir>", "folder to make; its name becomes the filter's")
    .option("--template <name>", `what to begin with: ${templates.join(" or ")}`, "http")
    .action((dir: string, options: Options) => init(dir, options, templates));
}

async function init(dir: string, { template }: Options, templates: readonly string[]): Promise<void> {
  const target = resolve(dir);
  const name = basename(target);
  if (!templates.includes(template)) {
    throw usage("TEMPLATE_UNKNOWN", `no template "${template}"; there are: ${templates.join(", ")}`);
  }
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw usage("NAME_INVALID", `"${name}" cannot name a filter: use lower-case letters, digits and hyphens`);
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw usage("DIR_NOT_EMPTY", `${dir} is there already and not empty`);
  }
  try {
    await cp(join(PACKAGE_ROOT, "templates", template), target, { recursive: true });
    await fillIn(target, { [NAME]: name, __tremula__: await ownSource(await realpath(target)) });
  } catch (cause) {
    throw new HarnessError("NOT_WRITTEN", `${dir} cannot be made: ${fileTrouble(cause)}`, {
      exitCode: ExitCode.environment,
      cause,
    });
  }
  const path = relative(process.cwd(), target) || ".";
  process.stdout.write(
    [
      `${path} is ready. Now:`,
      "",
      `  cd ${path}`,
      "  npm install",
      `  npm test         # build it, test it in this process${template === "http" ? ", then on stock Envoy" : ""}`,
      "  npm start        # run Envoy with it; rebuilds are picked up",
      "",
    ].join("\n"),
  );
}

async function fillIn(folder: string, values: Readonly<Record<string, string>>): Promise<void> {
  const filled = (template: string) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), template);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await fillIn(path, values);
      continue;
    }
    await writeFile(path, filled(await readFile(path, "utf8")));
    // npm leaves a .gitignore out of a package, so the template's has another name.
    const wanted = filled(entry.name).replace(/^_gitignore$/, ".gitignore");
    if (wanted !== entry.name) await rename(path, join(folder, wanted));
  }
}

/** Where npm finds this very package for a project in `folder`: as it came here, be that by a registry, a tarball or a clone. */
async function ownSource(folder: string): Promise<string> {
  const local = (path: string): string => `file:${relative(folder, path)}`;
  const modules = dirname(PACKAGE_ROOT);
  if (basename(modules) !== "node_modules") return local(PACKAGE_ROOT);
  // What npm has written about the packages beside it; other package managers leave none.
  const lock = await readFile(join(modules, ".package-lock.json"), "utf8").catch(() => "{}");
  const { packages } = JSON.parse(lock) as { packages?: Record<string, { resolved?: string }> };
  const resolved = packages?.["node_modules/tremula"]?.resolved;
  if (resolved?.startsWith("file:")) return local(join(dirname(modules), resolved.slice("file:".length)));
  const { version } = JSON.parse(await readFile(join(PACKAGE_ROOT, "package.json"), "utf8")) as {
    version: string;
  };
  return `^${version}`;
}

function usage(code: string, message: string): HarnessError {
  return new HarnessError(code, message, { exitCode: ExitCode.usage });
}
