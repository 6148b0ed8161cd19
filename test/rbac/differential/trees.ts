import fc from "fast-check";
import { HOSTS, PATHS, stringMatcher, type StringMatcher } from "./strings.js";

const TYPE = "type.googleapis.com";
const NETWORK = `${TYPE}/envoy.extensions.matching.common_inputs.network.v3.`;

const header = (header_name: string) => ({
  name: "input",
  typed_config: { "@type": `${TYPE}/envoy.type.matcher.v3.HttpRequestHeaderMatchInput`, header_name },
});
const network = (name: string) => ({ name: "input", typed_config: { "@type": `${NETWORK}${name}` } });

/** What a tree looks at, and texts that are often there. */
const patternInputs: fc.Arbitrary<readonly [object, readonly string[]]> = fc.constantFrom(
  [header(":path"), PATHS] as const,
  [header(":path"), PATHS] as const,
  [header(":authority"), HOSTS] as const,
  [header("X-Role"), ["admin", "user", "user,admin"]] as const,
  [header(":method"), ["GET", "POST"]] as const,
  [network("SourceIPInput"), ["10.1.2.3", "127.0.0.1", "10.9.9.9"]] as const,
  [network("DirectSourceIPInput"), ["127.0.0.1", "127.0.0.2"]] as const,
  [network("DestinationIPInput"), ["10.8.8.8", "127.0.0.1"]] as const,
);

/** Ports of listeners differ, but none of them is such a small one. */
const inputs = fc.oneof(
  { weight: 8, arbitrary: patternInputs },
  { weight: 1, arbitrary: fc.constant([network("DestinationPortInput"), ["80", "8080"]] as const) },
);

const action = fc
  .tuple(fc.constantFrom("one", "two", "a b", "é"), fc.constantFrom("ALLOW", "ALLOW", "DENY", "DENY", "LOG"))
  .map(([name, verdict]) => ({
    action: {
      name: "action",
      typed_config: { "@type": `${TYPE}/envoy.config.rbac.v3.Action`, name, action: verdict },
    },
  }));

/** An `xds.type.matcher.v3.Matcher` that ends in actions of RBAC. */
export const tree = fc.letrec<{ tree: object; onMatch: object; predicate: object }>((tie) => ({
  tree: fc
    .tuple(fc.oneof(list(tie), map(tie)), fc.option(tie("onMatch"), { freq: 2, nil: null }))
    .map(([matcher, on_no_match]) => ({ ...matcher, ...(on_no_match !== null && { on_no_match }) })),
  onMatch: fc.oneof(
    { depthSize: "small" },
    { weight: 4, arbitrary: action },
    { weight: 1, arbitrary: tie("tree").map((matcher) => ({ matcher })) },
  ),
  predicate: fc.oneof(
    { depthSize: "small" },
    {
      weight: 4,
      arbitrary: patternInputs.chain(([input, texts]) =>
        stringMatcher(texts).map((value) => ({
          single_predicate: { input, value_match: withEngine(value) },
        })),
      ),
    },
    { weight: 1, arbitrary: tie("predicate").map((not_matcher) => ({ not_matcher })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom("or_matcher", "and_matcher"),
          fc.array(tie("predicate"), { minLength: 2, maxLength: 3 }),
        )
        .map(([word, predicate]) => ({ [word]: { predicate } })),
    },
  ),
})).tree;

/** xDS's own message has to say which. */
function withEngine({ safe_regex: pattern, ...matcher }: StringMatcher): object {
  return pattern === undefined ? matcher : { safe_regex: { google_re2: {}, ...pattern } };
}

type Tie = fc.LetrecTypedTie<{ tree: object; onMatch: object; predicate: object }>;

function list(tie: Tie) {
  return fc
    .array(fc.record({ predicate: tie("predicate"), on_match: tie("onMatch") }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((matchers) => ({ matcher_list: { matchers } }));
}

function map(tie: Tie) {
  return inputs.chain(([input, texts]) =>
    fc
      .record({
        kind: fc.constantFrom("exact_match_map", "prefix_match_map"),
        entries: fc.uniqueArray(fc.tuple(fc.constantFrom(...texts), fc.nat(5), tie("onMatch")), {
          minLength: 1,
          maxLength: 4,
          selector: ([text]) => text,
        }),
      })
      .map(({ kind, entries }) => ({
        matcher_tree: {
          input,
          [kind]: {
            map: Object.fromEntries(
              entries.map(([text, cut, on]) => [
                kind === "prefix_match_map" ? text.slice(0, Math.max(1, text.length - cut)) : text,
                on,
              ]),
            ),
          },
        },
      })),
  );
}
