import type * as Cel from "@bufbuild/cel";
import { packageModule } from "../platform.js";

/** The exports of the package `@bufbuild/cel`. */
export type CelLibrary = typeof Cel;

/** The library, and its functions as Envoy has them. */
export interface CelEngine {
  readonly library: CelLibrary;
  readonly environment: Cel.CelEnv;
  /** A message as expressions see it. Otherwise the library makes that of it while it evaluates, and only then. */
  reflect(message: { readonly $typeName: string }): Cel.CelInput;
}

/** What a host evaluates with: the library that it was given, or the one that is installed; null when there is none. */
export function celEngine(given: CelLibrary | undefined): CelEngine | null {
  const library = given ?? packageModule<CelLibrary>("@bufbuild/cel");
  if (library === null) return null;
  const environment = environmentOf(library);
  const itself = library.plan(environment, library.parse("message"));
  return {
    library,
    environment,
    reflect: (message) => itself({ message: message as never }) as Cel.CelInput,
  };
}

/** Its standard functions, but for what stock Envoy 1.40.0 did otherwise. */
function environmentOf({ celEnv, celFunc, CelScalar, objectType }: CelLibrary): Cel.CelEnv {
  const { DOUBLE, DYN, INT, STRING } = CelScalar;
  const duration = objectType(celEnv().registry.getMessage("google.protobuf.Duration")!);
  return celEnv({
    funcs: [
      // An integer is a time in seconds.
      celFunc("timestamp", [INT], DYN, (seconds) => ({ $typeName: TIMESTAMP, seconds, nanos: 0 })),
      celFunc("duration", [INT], DYN, noOverload),
      celFunc("int", [duration], INT, noOverload),
      celFunc("double", [STRING], DOUBLE, (text) => (NUMBER.test(text) ? Number(text) : noOverload())),
    ],
  });
}

const TIMESTAMP = "google.protobuf.Timestamp";
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

function noOverload(): never {
  throw new Error("No matching overloads found");
}
