import type { Progress } from "../progress.js";
import { startEnvoyContainer } from "./container.js";
import { startLocalEnvoy } from "./process.js";
import type { EnvoySpec, RunningEnvoy } from "./types.js";

export { Admin, type EnvoyMemory, type ListenerAddress, type StatsQuery } from "./admin.js";
export { hasV8 } from "./binary.js";
export { fillConfig, filesNamed, loadConfig, type PlaceholderValue } from "./config.js";
export { requireDocker } from "./docker.js";
export { EnvoyError } from "./failure.js";
export { ensureImage, imageName, type EnvoyImage } from "./image.js";
export { installEnvoy } from "./install.js";
export {
  locateEnvoy,
  type EnvoySource,
  type LocatedEnvoy,
  type LocateOptions,
  versionOrPath,
} from "./locate.js";
export { readCounter, StatsSnapshot, waitForCounter } from "./stats.js";
export { type StatsConfig, statsTags } from "./stats-tags.js";
export type { EnvoyExit, EnvoySpec, RunningEnvoy } from "./types.js";
export { validateConfig, validateYaml } from "./validate.js";
export { DEFAULT_VERSION, pinnedVersions, resolveVersion } from "./versions.js";
export { waitFor, WaitTimeout } from "./wait.js";

/** What is not about the Envoy itself. */
export interface StartOptions {
  /** Says what long work is doing: installing, pulling, building an image. */
  readonly progress?: Progress | undefined;
  /** Whether the official image may be pulled for a container; true unless said otherwise. */
  readonly pull?: boolean | undefined;
}

/** Starts an Envoy, locally or in a container, and waits until it is ready. */
export async function startEnvoy(spec: EnvoySpec, options: StartOptions = {}): Promise<RunningEnvoy> {
  return spec.host === "docker" ? startEnvoyContainer(spec, options) : startLocalEnvoy(spec, options);
}
