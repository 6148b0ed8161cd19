import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { ExitCode, HarnessError } from "../errors.js";
import type { Progress } from "../progress.js";
import { Backtraces } from "./backtrace.js";
import { bundledText, withBundledModules } from "./bundled.js";
import { fillConfig, filesNamed, readConfig, withAdmin, type PlaceholderValue } from "./config.js";
import { prepareContainer, startEnvoyContainer, validateInContainer } from "./container.js";
import { inWords } from "./failure.js";
import { locateEnvoy } from "./locate.js";
import { followLines } from "./log.js";
import { requireFreePorts, schemes } from "./ports.js";
import { startLocalEnvoy } from "./process.js";
import type { EnvoySpec, RunningEnvoy } from "./types.js";
import { validateYaml } from "./validate.js";
import { DEFAULT_VERSION, resolveVersion } from "./versions.js";
import { FileWatch } from "./watch.js";
import { hostPort } from "./admin.js";

/** What `tremula run` was asked for. */
export interface RunSettings extends Pick<
  EnvoySpec,
  "host" | "path" | "version" | "concurrency" | "logLevel" | "componentLogLevel"
> {
  /** The config template. */
  readonly file: string;
  readonly values: Readonly<Record<string, PlaceholderValue>>;
  readonly progress: Progress;
  /** Takes what the session has to say, line by line. */
  readonly say: (line: string) => void;
  /** Takes the lines of Envoy's log. */
  readonly envoySays: (line: string) => void;
}

/** A config that Envoy accepts. */
interface Loaded {
  readonly yaml: string;
  readonly text: string;
}

/** The Envoy that was chosen: it checks configs and is started with them. */
interface Chosen {
  readonly name: string;
  validate(loaded: Loaded): Promise<void>;
  start(spec: EnvoySpec): Promise<RunningEnvoy>;
}

async function choose(settings: RunSettings, signal: AbortSignal): Promise<Chosen> {
  const { file, progress } = settings;
  if (settings.host === "docker") {
    const version = resolveVersion(settings.version ?? DEFAULT_VERSION);
    const container = await prepareContainer(version, { progress, signal });
    const { name, ownBuild } = container.image;
    return {
      name: `${name}${ownBuild ? " (built here)" : ""}`,
      validate: ({ yaml, text }) => validateInContainer(container, yaml, { file, text }),
      start: (spec) => startEnvoyContainer({ ...spec, version }, { progress }),
    };
  }
  const located = await locateEnvoy({ path: settings.path, version: settings.version, progress, signal });
  return {
    name: `Envoy ${located.version} (${located.path})`,
    validate: ({ yaml, text }) => validateYaml(located.path, yaml, { file, text }),
    start: (spec) => startLocalEnvoy({ ...spec, path: located.path, version: undefined }),
  };
}

/** One run of `tremula run`: an Envoy that is replaced when its config or a module that the config names changes. */
export class RunSession {
  readonly #settings: RunSettings;
  readonly #signal: AbortSignal;
  readonly #watch = new FileWatch();
  #envoy: RunningEnvoy | undefined;
  #following: Promise<void> | undefined;
  #addresses = "";
  #bundled = "";

  constructor(settings: RunSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Runs until the signal aborts; a HarnessError when Envoy cannot start or ends by itself. */
  async run(): Promise<void> {
    const { say } = this.#settings;
    const chosen = await choose(this.#settings, this.#signal);
    const first = await this.#load(chosen);
    say(chosen.name);
    try {
      await this.#start(chosen, first);
      for (;;) {
        const changed = await this.#nextChange();
        if (changed === undefined) return;
        await this.#replace(chosen, changed.map((file) => relative(".", file)).join(", "));
      }
    } finally {
      await this.#envoy?.stop();
      await this.#following;
    }
  }

  /** The files that changed, or undefined when the session is to end. */
  async #nextChange(): Promise<string[] | undefined> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    const change = this.#watch.next(signal).catch(() => undefined);
    const outcome = await Promise.race(this.#envoy === undefined ? [change] : [change, this.#envoy.exited]);
    over.abort();
    if (outcome === undefined || Array.isArray(outcome)) return outcome;
    if (this.#signal.aborted || outcome.expected) return undefined;
    throw new HarnessError("ENVOY_ENDED", inWords(outcome), {
      hint: `its config and log are in ${this.#envoy?.runDir}`,
    });
  }

  async #load(chosen: Chosen): Promise<Loaded> {
    const { file, values } = this.#settings;
    // Each file is watched before it is read: what is written meanwhile counts as a change.
    await this.#watch.watch([file]);
    const text = await readConfig(file);
    const { yaml: filled, used } = fillConfig(text, file, values);
    const unused = Object.keys(values).find((name) => !used.has(name));
    if (unused !== undefined) {
      throw new HarnessError("USAGE", `${file} has no placeholder \${${unused}} for --set ${unused}=…`, {
        exitCode: ExitCode.usage,
      });
    }
    const { yaml, bundled } = withBundledModules(filled);
    this.#sayBundled(bundled.map(bundledText).join("\n"));
    const modules = modulesOf(yaml);
    // What stands in for a module is no longer wanted once there is that module.
    const wanted = [...modules, ...bundled.map(({ asked }) => asked)];
    await this.#watch.add(wanted.map((name) => resolve(name)));
    for (const module of modules) await requireWholeModule(module);
    const loaded = { yaml: withAdmin(yaml), text };
    await chosen.validate(loaded);
    return loaded;
  }

  /** Once, and again when it changes. */
  #sayBundled(text: string): void {
    if (text !== "" && text !== this.#bundled) this.#settings.say(text);
    this.#bundled = text;
  }

  async #start(chosen: Chosen, { yaml, text }: Loaded): Promise<void> {
    const { file, concurrency, logLevel, componentLogLevel, say, envoySays } = this.#settings;
    await requireFreePorts(yaml);
    const envoy = await chosen.start({
      config: yaml,
      source: { file, text },
      concurrency,
      logLevel,
      componentLogLevel,
      signal: this.#signal,
    });
    this.#envoy = envoy;
    const backtraces = await Backtraces.load(modulesOf(yaml));
    this.#following = (async () => {
      for await (const line of followLines(envoy.logPath, envoy.exited)) envoySays(backtraces.locate(line));
    })();
    const addresses = await this.#describe(envoy, yaml);
    if (addresses !== this.#addresses) say(addresses);
    this.#addresses = addresses;
  }

  async #describe(envoy: RunningEnvoy, yaml: string): Promise<string> {
    const scheme = schemes(yaml);
    const lines = (await envoy.admin.listeners()).map(
      ({ name, host, port }) => `  ${name}: ${scheme.get(name) ?? "tcp"}://${hostPort(host, port)}`,
    );
    return [`  admin: ${envoy.admin.url}`, ...lines].join("\n");
  }

  /** Restarts with what changed, once it is known to be good; the running Envoy stays while it is not. */
  async #replace(chosen: Chosen, changed: string): Promise<void> {
    const { say } = this.#settings;
    let loaded: Loaded;
    try {
      loaded = await this.#load(chosen);
    } catch (error) {
      if (!(error instanceof HarnessError)) throw error;
      const still =
        this.#envoy === undefined ? "waiting for the next change" : "the running Envoy stays as it is";
      say(`${changed} changed, but cannot be used (${still}): ${error.message}`);
      return;
    }
    say(`${changed} changed: restarting Envoy`);
    await this.#envoy?.stop();
    await this.#following;
    this.#envoy = undefined;
    try {
      await this.#start(chosen, loaded);
    } catch (error) {
      if (!(error instanceof HarnessError)) throw error;
      say(`Envoy did not start again (waiting for the next change): ${error.message}`);
    }
  }
}

function modulesOf(yaml: string): string[] {
  return filesNamed(yaml).filter((name) => name.endsWith(".wasm"));
}

/** A module that is still being written may pass for one that `failure_policy` lets through: checked here first. */
async function requireWholeModule(file: string): Promise<void> {
  const bytes = await readFile(file).catch(() => undefined);
  // Envoy says it well when there is no such file.
  if (bytes === undefined || WebAssembly.validate(bytes)) return;
  throw new HarnessError("WASM_REFUSED", `${file} is not a whole, valid WebAssembly module`);
}
