import type { z } from "zod";
import { mergePatch } from "./merge-patch.js";
import { nativeFilters } from "./native.js";
import type { Request } from "./request-schema.js";
import type { Case as CaseSchema, CaseFile as CaseFileSchema } from "./schema.js";
import type { Case } from "./cases.js";

type FileCase = z.output<typeof CaseSchema>;
type File = z.output<typeof CaseFileSchema>;
type FileRequest = z.output<typeof Request>;
type Variant = NonNullable<File["variants"]>[string];

/** The cases of a file with all that the file says for them, each once for each of its variants. */
export function expandFile(file: File, path: string): Case[] {
  return file.cases.flatMap((one) => {
    const variants = Object.entries(variantsOf(file, one));
    const [first] = variants;
    if (first === undefined) return [complete(file, path, one)];
    requireKnown(one, Object.keys(variantsOf(file, { ...one, variants: undefined })), variants);
    return variants.map(([name, variant]) => {
      const whole = complete(file, path, varied(file, one, name, variant));
      // Native has no variants.
      return name === first[0] ? whole : { ...whole, native: undefined };
    });
  });
}

function variantsOf(file: File, { variants }: Pick<FileCase, "variants">): Record<string, Variant> {
  if (variants === undefined) return file.variants ?? {};
  if (!Array.isArray(variants)) return variants;
  return Object.fromEntries(
    variants.map((name) => {
      const variant = file.variants?.[name];
      if (variant === undefined) throw new Error(`variants: the file has none called ${name}`);
      return [name, variant];
    }),
  );
}

/** A name that is misspelled would mean that the request is never looked at. */
function requireKnown(one: FileCase, ofFile: readonly string[], own: readonly [string, Variant][]): void {
  const known = new Set([...ofFile, ...own.map(([name]) => name)]);
  const stray = one.requests
    .flatMap((request) => Object.keys(request.in ?? {}))
    .find((name) => !known.has(name));
  if (stray !== undefined) throw new Error(`case "${one.case}", in: there is no variant ${stray}`);
}

function varied(file: File, one: FileCase, name: string, variant: Variant): FileCase {
  const { configuration, ...replaced } = variant;
  const given = Object.entries(replaced).filter(([, value]) => value !== undefined);
  const refused = variant.refused !== undefined;
  return {
    ...one,
    ...Object.fromEntries(given),
    case: `${one.case} (${name})`,
    changes: undefined,
    configuration: changed(configurationOf(file, one), configuration),
    connections: refused ? [] : one.connections,
    requests: refused ? [] : one.requests.map((request) => inVariant(request, name)),
  };
}

/** Text is meant as it is. */
function changed(configuration: unknown, patch: unknown): unknown {
  return patch === undefined || typeof configuration === "string"
    ? configuration
    : mergePatch(configuration, patch);
}

function inVariant(request: FileRequest, name: string): FileRequest {
  const expect = request.in?.[name];
  return expect === undefined ? request : { ...request, expect, native: request.native ?? request.expect };
}

function configurationOf(file: File, { configuration, changes }: FileCase): unknown {
  if (changes !== undefined) return mergePatch(file.configuration, changes);
  return configuration ?? file.configuration;
}

function complete(file: File, path: string, one: FileCase): Case {
  const { native = file.native, ...rest } = one;
  const configuration = configurationOf(file, one);
  const nativeListener = one.native === false ? undefined : (one.nativeListener ?? file.nativeListener);
  const ourRefusal = one.refused !== undefined && one.nativeRefused === undefined;
  return {
    ...rest,
    changes: undefined,
    variants: undefined,
    file: path,
    filter: file.filter,
    configuration,
    native: ourRefusal ? undefined : nativeListener ? [] : nativeFilters(native, configuration),
    nativeListener,
    labels: one.labels ?? file.labels,
    hcm: one.hcm ?? file.hcm,
    keys: { ...file.keys, ...one.keys },
    tokens: { ...file.tokens, ...one.tokens },
    jwks: { ...file.jwks, ...one.jwks },
    jwksServer: { ...file.jwksServer, ...one.jwksServer },
  };
}
