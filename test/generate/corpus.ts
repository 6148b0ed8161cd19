import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Policy } from "../../harness/generate/authorization/policies.js";
import { AuthorizationPolicy, resourcesOf } from "../../harness/resources/index.js";

const CORPORA =
  process.env.TREMULA_CORPORA ?? fileURLToPath(new URL("../../../shared/corpora", import.meta.url));
const FOLDER = join(CORPORA, "istio-authz");

/** AuthorizationPolicies, and the RBAC filters that Istio makes of them, in their order. */
export interface Pair {
  readonly name: string;
  readonly isTcp: boolean;
  readonly policies: readonly Policy[];
  readonly filters: readonly unknown[];
}

export const corpusIsThere = existsSync(FOLDER);
if (!corpusIsThere) console.warn(`skipped: there is no ${FOLDER}`);

/** Every pair of Istio's own test data; none when it is not there. */
export function pairs(): Pair[] {
  if (!corpusIsThere) return [];
  return (["http", "tcp"] as const).flatMap((layer) => {
    const folder = join(FOLDER, layer);
    const files = readdirSync(folder).sort();
    const inputs = files.filter((file) => file.endsWith("-in.yaml"));
    return inputs.map((file) => {
      const stem = file.replace(/-in\.yaml$/, "");
      const outputs = files.filter((other) => new RegExp(`^${stem}-out\\d*\\.yaml$`).test(other));
      return {
        name: `${layer}/${stem}`,
        isTcp: layer === "tcp",
        policies: read(join(folder, file)),
        filters: outputs.map((output) => {
          const { typedConfig } = parse(readFileSync(join(folder, output), "utf8")) as {
            typedConfig: object;
          };
          const { "@type": type, ...configuration } = typedConfig as Record<string, unknown>;
          if (!String(type).endsWith(".rbac.v3.RBAC")) throw new Error(`${output} is no RBAC filter`);
          return configuration;
        }),
      };
    });
  });
}

function read(file: string): readonly Policy[] {
  const resources = resourcesOf(readFileSync(file, "utf8"), { file });
  if (resources.problems.length > 0) throw new Error(JSON.stringify(resources.problems));
  return resources.of(AuthorizationPolicy);
}
