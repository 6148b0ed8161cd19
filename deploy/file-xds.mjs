// Turns a configuration that `tremula generate --target envoy` wrote into files that a running Envoy watches (file-based xDS), so
// that a change needs no restart: node file-xds.mjs GENERATED.yaml FOLDER. Writes FOLDER/cds.yaml and FOLDER/lds.yaml, each by a
// rename, which is what Envoy waits for.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const [file, folder] = process.argv.slice(2);
if (file === undefined || folder === undefined) {
  process.stderr.write("usage: node file-xds.mjs GENERATED.yaml FOLDER\n");
  process.exit(2);
}
try {
  const { listeners, clusters = [] } = parse(readFileSync(file, "utf8"))?.static_resources ?? {};
  if (!Array.isArray(listeners)) throw new Error(`${file} has no listeners in static_resources`);
  mkdirSync(folder, { recursive: true });
  // Clusters first: a listener may name one that is new.
  write("cds.yaml", "envoy.config.cluster.v3.Cluster", clusters);
  write("lds.yaml", "envoy.config.listener.v3.Listener", listeners);
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}

function write(name, type, all) {
  const resources = all.map((one) => ({ "@type": `type.googleapis.com/${type}`, ...one }));
  const target = join(folder, name);
  writeFileSync(`${target}.part`, stringify({ resources }));
  renameSync(`${target}.part`, target);
}
