// The bill of materials of the npm package, as CycloneDX 1.6: the modules that it ships, with their digests, and the packages that
// npm installs along with it, in the versions of the lockfile. Without a time and a serial number, so that the same package has
// the same bill. (`npm sbom` leaves out packages that development needs, too.)
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The bill as text.
 *
 * @param root the package's folder
 * @param modules folder with its modules
 */
export function packageBill(root, modules) {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const subject = component(own.name, own, Enums.ComponentType.Application);
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: subject }) });

  const places = Object.keys(packages).filter(
    (place) => place !== "" && !packages[place].dev && !packages[place].devOptional,
  );
  // One that is in two places is one component: of two with the same reference the library renames one at random.
  const byPurl = new Map();
  const components = new Map();
  for (const place of places) {
    const one = component(nameOf(place), packages[place]);
    if (!byPurl.has(one.purl)) byPurl.set(one.purl, one);
    components.set(place, byPurl.get(one.purl));
  }
  for (const one of byPurl.values()) bom.components.add(one);
  link(subject, "", own.dependencies);
  for (const [place, one] of components) link(one, place, packages[place].dependencies);

  for (const file of readdirSync(modules).filter((name) => name.endsWith(".wasm"))) {
    const digest = createHash("sha256")
      .update(readFileSync(join(modules, file)))
      .digest("hex");
    const module = new Models.Component(Enums.ComponentType.File, `dist/wasm/${file}`, {
      bomRef: `dist/wasm/${file}`,
      hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], digest]]),
      licenses: licenses(own.license),
    });
    bom.components.add(module);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`;

  /** As Node finds packages: in the nearest node_modules above. */
  function link(one, place, dependencies = {}) {
    for (const name of Object.keys(dependencies)) {
      for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules") - 1))) {
        const found = components.get(`${at === "" ? "" : `${at}/`}node_modules/${name}`);
        if (found) one.dependencies.add(found.bomRef);
        if (found || at === "") break;
      }
    }
  }
}

function nameOf(place) {
  return place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
}

function component(name, { version, license, integrity }, type = Enums.ComponentType.Library) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const digest = /^sha512-(\S+)/.exec(integrity ?? "")?.[1];
  const hashes = digest === undefined ? [] : [["SHA-512", Buffer.from(digest, "base64").toString("hex")]];
  return new Models.Component(type, name, {
    bomRef: purl,
    purl,
    version,
    hashes: new Models.HashDictionary(hashes.map(([name, value]) => [Enums.HashAlgorithm[name], value])),
    licenses: licenses(license),
  });
}

function licenses(expression) {
  return new Models.LicenseRepository(expression ? [new Models.LicenseExpression(expression)] : []);
}
