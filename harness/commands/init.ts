import type { Command } from "commander";
import { existsSync, readdirSync } from "node:fs";
import { cp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
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
  await cp(join(PACKAGE_ROOT, "templates", template), target, { recursive: true });
  await fillIn(target, { [NAME]: name, __version__: await ownVersion() });
  const path = relative(process.cwd(), target) || ".";
  process.stdout.write(
    [
      `${path} is ready. Now:`,
      "",
      `  cd ${path}`,
      "  npm install",
      "  npm test         # build it, test it in this process, then on stock Envoy",
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

async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE_ROOT, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}

function usage(code: string, message: string): HarnessError {
  return new HarnessError(code, message, { exitCode: ExitCode.usage });
}
