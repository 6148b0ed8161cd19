import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Configuration, Policy } from "../differential/configuration.js";

const CORPORA =
  process.env.TREMULA_CORPORA ?? fileURLToPath(new URL("../../../../shared/corpora", import.meta.url));
const FOLDER = join(CORPORA, "istio-authz");

/** What Istio makes of a policy: the configuration of an RBAC filter. */
export interface Translation {
  readonly name: string;
  readonly configuration: Configuration;
}

export const corpusIsThere = existsSync(FOLDER);
if (!corpusIsThere) console.warn(`skipped: there is no ${FOLDER}`);

/** The translations for HTTP or for TCP, and variants of them; none when the corpus is not there. */
export function translations(layer: "http" | "tcp"): Translation[] {
  if (!corpusIsThere) return [];
  const folder = join(FOLDER, layer);
  const files = readdirSync(folder).filter((name) => /-out\d*\.yaml$/.test(name));
  return files.flatMap((file) => {
    const { typedConfig } = parse(readFileSync(join(folder, file), "utf8")) as { typedConfig: Node };
    const { "@type": type, ...configuration } = typedConfig;
    if (!String(type).endsWith(".rbac.v3.RBAC"))
      throw new Error(`${file} is no configuration of an RBAC filter`);
    const whole = {
      name: `${layer}/${basename(file, ".yaml")}`,
      configuration: configuration as Configuration,
    };
    return [whole, ...variants(whole)];
  });
}

type Node = Readonly<Record<string, unknown>>;

/**
 * Each policy by itself, and without what keeps requests from meeting it: the policies that show every field have `*`
 * beside each value, in what has to hold and in what must not, and some are about methods that are none, or about
 * addresses that connections here do not come from.
 */
function variants({ name, configuration }: Translation): Translation[] {
  const policies = Object.entries(configuration.rules?.policies ?? {});
  return policies.flatMap(([key, whole]) => {
    const policy = thinned(whole) as Policy;
    const only = (what: string, one: Policy): Translation => ({
      name: `${name}, only ${what}`,
      configuration: {
        ...configuration,
        rules: { ...configuration.rules, policies: { [key]: one } },
      } as Configuration,
    });
    const found = only(key, policy);
    const isNew = JSON.stringify(found.configuration) !== JSON.stringify(configuration);
    return [
      ...(isNew ? [found] : []),
      ...parts(policy).map((part, index) => only(`part ${index} of ${key}`, part)),
    ];
  });
}

/** Of a policy that asks for many things at once, which hardly any request has, each by itself. */
function parts({ permissions, principals }: Policy): Policy[] {
  const any = [{ any: true }];
  const ofSet = (list: readonly Node[], set: string, inner: string) =>
    list.flatMap((one) => ((one[set] as Node | undefined)?.[inner] ?? []) as Node[]);
  const found = [
    ...ofSet(permissions, "andRules", "rules").map((one) => ({ permissions: [one], principals: any })),
    ...ofSet(principals, "andIds", "ids").map((one) => ({ permissions: any, principals: [one] })),
  ];
  return found.length > 5 ? found : [];
}

function thinned(node: unknown): unknown {
  if (Array.isArray(node)) {
    const kept = node.filter((child) => !isWildcard(child));
    return (kept.length > 0 ? kept : node.slice(0, 1)).map(thinned);
  }
  if (node === null || typeof node !== "object") return node;
  const { name, stringMatch, directRemoteIp } = node as {
    name?: unknown;
    stringMatch?: Node;
    directRemoteIp?: Node;
  };
  if (directRemoteIp?.["addressPrefix"] === "1.2.3.4")
    return { directRemoteIp: { addressPrefix: "127.0.0.2", prefixLen: 32 } };
  if (name === ":method" && stringMatch) return { name, stringMatch: withTokens(stringMatch) };
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, thinned(value)]));
}

function withTokens(matcher: Node): Node {
  return Object.fromEntries(
    Object.entries(matcher).map(([kind, text]) => [
      kind,
      String(text)
        .replace(/[^\w-]/g, "")
        .toUpperCase(),
    ]),
  );
}

function isWildcard(node: unknown): boolean {
  const text = JSON.stringify(node);
  return /^\{("\w+":\{)*("name":"[^"]+",)?("presentMatch":true|"safeRegex":\{"regex":"(\.\+|\.\*\/ns\/\.\*\/\.\*)"\})\}*$/.test(
    text,
  );
}
