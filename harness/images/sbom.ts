import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";

const Package = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  description: z.string().optional(),
});

type Package = z.infer<typeof Package>;

/** A module that a bill of materials is about. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  readonly bytes: Uint8Array;
  /** The source files that it was compiled from, if they are known. */
  readonly sources: readonly string[];
}

/**
 * What a module was made of, as CycloneDX 1.6: the npm packages whose sources were compiled into it. Without a time and a serial
 * number, so that the same module has the same bill.
 */
export async function billOfMaterials({
  name,
  version,
  license,
  bytes,
  sources,
}: Component): Promise<string> {
  const subject = new Models.Component(Enums.ComponentType.Application, name, {
    bomRef: name,
    version,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], sha256(bytes)]]),
    licenses: licenses(license),
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: subject }) });
  for (const used of await packagesOf(sources)) {
    const component = new Models.Component(Enums.ComponentType.Library, used.name, {
      bomRef: `pkg:npm/${used.name}@${used.version}`,
      purl: `pkg:npm/${used.name.replace("@", "%40")}@${used.version}`,
      version: used.version,
      licenses: licenses(used.license),
      ...(used.description === undefined ? {} : { description: used.description }),
    });
    bom.components.add(component);
    subject.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 1 });
}

function licenses(expression: string | undefined): Models.LicenseRepository {
  // npm takes an empty one.
  return new Models.LicenseRepository(expression ? [new Models.LicenseExpression(expression)] : []);
}

/** The packages that files belong to: each is that of the next package.json above. */
async function packagesOf(sources: readonly string[]): Promise<Package[]> {
  const found = new Map<string, Promise<Package | null>>();
  const above = (folder: string): Promise<Package | null> => {
    const known = found.get(folder);
    if (known) return known;
    const result = readPackage(folder).then(
      (own) => own ?? (dirname(folder) === folder ? null : above(dirname(folder))),
    );
    found.set(folder, result);
    return result;
  };
  const packages = await Promise.all(sources.map((source) => above(dirname(source))));
  const byName = new Map(
    packages.flatMap((one) => (one === null ? [] : [[`${one.name}@${one.version}`, one]])),
  );
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

async function readPackage(folder: string): Promise<Package | null> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return Package.parse(JSON.parse(text));
  } catch {
    // A package.json that only says `"type": "module"`.
    return null;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
