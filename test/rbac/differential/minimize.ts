import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "./client.js";
import type { Configuration } from "./configuration.js";
import { Pairs } from "./pairs.js";
import type { SentRequest } from "./request.js";

/** What is wrong, with as little around it as possible. */
export interface Disagreement {
  readonly configuration: Configuration;
  readonly request: SentRequest;
  readonly native: Outcome;
  readonly ours: Outcome;
}

/** Envoys that are started to find it, each with so many variants of the configuration at once. */
const ROUNDS = 40;
const AT_ONCE = 24;

type Node = Readonly<Record<string, unknown>>;

/** Leaves out whatever the disagreement does not need. */
export async function minimize(configuration: Configuration, request: SentRequest): Promise<Disagreement> {
  let least = (await disagreements([configuration], request))[0];
  if (!least) return { configuration, request, ...NOT_AGAIN };
  let skipped = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const candidates = simpler(least.configuration).slice(skipped, skipped + AT_ONCE);
    if (candidates.length === 0) break;
    const found: Disagreement | undefined = (await disagreements(candidates, request))[0];
    skipped = found ? 0 : skipped + AT_ONCE;
    least = found ?? least;
  }
  return least;
}

const NOTHING: Outcome = {
  status: 0,
  body: "it did not happen again",
  contentType: "",
  grpc: "",
  details: "",
  shadowPolicy: "",
  shadowResult: "",
};
const NOT_AGAIN = { native: NOTHING, ours: NOTHING };

async function disagreements(
  candidates: readonly Configuration[],
  whole: SentRequest,
): Promise<Disagreement[]> {
  const pairs = await Pairs.start(candidates).catch(() => null);
  // One of them is not a valid configuration: each for itself, then.
  if (pairs === null) {
    if (candidates.length === 1) return [];
    const half = candidates.length >> 1;
    const first = await disagreements(candidates.slice(0, half), whole);
    return first.length > 0 ? first : disagreements(candidates.slice(half), whole);
  }
  try {
    for (const [index, configuration] of candidates.entries()) {
      let least: Disagreement | null = null;
      for (const request of [whole, ...fewerHeaders(whole)]) {
        const [native, ours] = await pairs.ask(index, request);
        if (!isDeepStrictEqual(native, ours)) least = { configuration, request, native, ours };
        else if (request === whole) break;
      }
      if (least) return [least];
    }
    return [];
  } finally {
    await pairs.stop();
  }
}

function fewerHeaders(request: SentRequest): SentRequest[] {
  const { proxy, ...direct } = request;
  const bare = proxy === undefined ? [] : [direct];
  return [
    ...bare,
    ...request.headers
      .slice(1)
      .map((dropped) => ({ ...direct, headers: request.headers.filter((one) => one !== dropped) })),
  ];
}

/** The configuration without something, largest parts first. */
function simpler(configuration: Configuration): Configuration[] {
  const { rules, shadow_rules: shadow } = configuration;
  const without = Object.keys(configuration).flatMap((key): Configuration[] =>
    Object.keys(configuration).length === 1
      ? []
      : [Object.fromEntries(Object.entries(configuration).filter(([name]) => name !== key))],
  );
  const inRules = (key: "rules" | "shadow_rules", value: Configuration["rules"]): Configuration[] =>
    value === undefined
      ? []
      : simplerPolicies(value.policies).map((policies) => ({
          ...configuration,
          [key]: { ...value, policies },
        }));
  const inTree = (key: "matcher" | "shadow_matcher"): Configuration[] =>
    simplerNodes(configuration[key]).map((tree) => ({ ...configuration, [key]: tree as object }));
  return [
    ...without,
    ...inRules("rules", rules),
    ...inRules("shadow_rules", shadow),
    ...inTree("matcher"),
    ...inTree("shadow_matcher"),
  ];
}

type Policies = NonNullable<Configuration["rules"]>["policies"];

function simplerPolicies(policies: Policies): Policies[] {
  const entries = Object.entries(policies);
  const chunks: Policies[] = [];
  for (let size = entries.length >> 1; size >= 1; size >>= 1) {
    for (let start = 0; start < entries.length; start += size) {
      chunks.push(Object.fromEntries([...entries.slice(0, start), ...entries.slice(start + size)]));
    }
  }
  if (entries.length > 6) return chunks;
  const inside = entries.flatMap(([name, policy]) =>
    simplerNodes(policy).map((one) => ({ ...policies, [name]: one as Policies[string] })),
  );
  return [...chunks, ...inside];
}

/** Replaces a node by one of its children, leaves out an element of a list, or says `any` instead. */
function simplerNodes(node: unknown): unknown[] {
  if (isList(node)) {
    const shorter = node.length > 1 ? node.map((_, index) => node.toSpliced(index, 1)) : [];
    const inside = node.flatMap((child, index) =>
      simplerNodes(child).map((one) => node.toSpliced(index, 1, one)),
    );
    return [...shorter, ...inside];
  }
  if (node === null || typeof node !== "object") return [];
  return [
    ...children(node as Node),
    ...Object.entries(node).flatMap(([key, value]) =>
      simplerNodes(value).map((one) => ({ ...node, [key]: one })),
    ),
  ];
}

const isList = (node: unknown): node is readonly unknown[] => Array.isArray(node);

function children(node: Node): unknown[] {
  const { and_rules, or_rules, and_ids, or_ids, or_matcher, and_matcher, matcher } = node;
  const not = node["not_rule"] ?? node["not_id"] ?? node["not_matcher"];
  const group = (and_rules ?? or_rules ?? and_ids ?? or_ids ?? or_matcher ?? and_matcher) as Node | undefined;
  const inGroup = group ? Object.values(group).flatMap((list) => list as unknown[]) : [];
  return [
    ...(not === undefined ? [] : [not]),
    ...inGroup,
    ...fewerEntries(node),
    ...(matcher === undefined ? [] : [matcher]),
  ];
}

/** Of a matching tree: its map without an entry, or without what is optional. */
function fewerEntries(node: Node): Node[] {
  const keys = Object.keys(node);
  const isMap =
    keys.length > 1 &&
    Object.values(node).every(
      (one) => typeof one === "object" && one !== null && ("action" in one || "matcher" in one),
    );
  const without = (name: string) => Object.fromEntries(Object.entries(node).filter(([key]) => key !== name));
  const optional = ["on_no_match", "condition"].filter((key) => key in node);
  return [...(isMap ? keys : []), ...optional].map(without);
}
