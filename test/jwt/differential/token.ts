import fc from "fast-check";
import { KEYS, keyNamed } from "./keys.js";

/** How a token is made; `fast-check` makes it smaller when it finds a difference. */
export interface TokenPlan {
  readonly key: string;
  /** JSON text of both sections; `NOW±N` stands for seconds since 1970. */
  readonly header: string;
  readonly payload: string;
  /** Characters to change in the finished text. */
  readonly mutations: readonly { at: number; kind: "insert" | "replace" | "delete"; text: string }[];
}

const ALGS = [...new Set(KEYS.flatMap(({ algs }) => algs)), "none", "HS1", "rs256", ""];
const kid = fc.constantFrom("k1", "k2", "nobody", "");
const strange = fc.constantFrom(
  "null",
  "1",
  "true",
  "[]",
  "{}",
  '"text"',
  "-1",
  "1.5",
  "1e300",
  "18446744073709551616",
);

/** A member of a JSON object, or none. */
function member(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string | null> {
  return fc.oneof(
    { weight: 8, arbitrary: value.map((text) => `"${name}":${text}`) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: strange.map((text) => `"${name}":${text}`) },
  );
}

const quoted = (...texts: string[]) => fc.constantFrom(...texts).map((text) => JSON.stringify(text));
const when = fc.constantFrom(
  "NOW+3000",
  "NOW-3000",
  "NOW+20",
  "NOW-20",
  "NOW+200",
  "NOW-200",
  "NOW+3.5",
  "0",
  "1",
);

function object(...members: fc.Arbitrary<string | null>[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.tuple(...members),
      fc.constantFrom("{", "{", "{", "{", "[", "", "\ufeff{", " {"),
      fc.constantFrom("}", "}", "}", "}", "} ", "}x", ""),
    )
    .map(([list, open, close]) => open + list.filter((one) => one !== null).join(",") + close);
}

const header = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...KEYS.flatMap(({ algs }) => algs)).chain((alg) =>
      fc.oneof(
        fc.constant(`{"alg":"${alg}"}`),
        kid.map((id) => `{"alg":"${alg}","kid":"${id}"}`),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: object(
      member("alg", quoted(...ALGS)),
      member(
        "kid",
        kid.map((id) => JSON.stringify(id)),
      ),
      member("typ", quoted("JWT", "x")),
      member("crit", fc.constant('["exp"]')),
    ),
  },
);

const payload = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        iss: fc.constantFrom("A", "B", "C"),
        exp: fc.constantFrom("NOW+3000", "NOW-3000"),
        aud: fc.constantFrom("x", "y", "z"),
      })
      .map(({ iss, exp, aud }) => `{"iss":"${iss}","aud":"${aud}","exp":${exp},"sub":"s"}`),
  },
  {
    weight: 4,
    arbitrary: object(
      member("iss", quoted("A", "B", "C", "")),
      member("sub", quoted("s", "", "t\u00fc", "a,b")),
      member(
        "aud",
        fc.oneof(
          quoted("x", "https://x/", "y", ""),
          fc.constantFrom('["x","y"]', "[]", '["q",1]', '["q","x"]'),
        ),
      ),
      member("exp", when),
      member("nbf", when),
      member("iat", when),
      member("jti", quoted("j")),
      member(
        "n",
        fc.constantFrom(
          "1",
          "-3",
          "1.5",
          "12345678901234567890",
          "1e21",
          "0.1",
          "true",
          "null",
          '"v"',
          '["x",1]',
          '{"deep":"d"}',
          '{"deep":[1,"2"]}',
        ),
      ),
      fc.constantFrom(null, null, null, null, '"iss":"A"'),
    ),
  },
);

const mutation = fc.record({
  at: fc.nat(1200),
  kind: fc.constantFrom("insert" as const, "replace" as const, "delete" as const),
  text: fc.constantFrom(".", "=", "A", "-", "_", "+", "/", " ", "x.", "==", "%2E", "~"),
});

export const tokenPlan: fc.Arbitrary<TokenPlan> = fc.record({
  key: fc.constantFrom(...KEYS.map(({ name }) => name)),
  header,
  payload,
  mutations: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) },
  ),
});

/** The compact form. */
export function mint(plan: TokenPlan, now: number): string {
  const withTimes = (text: string) =>
    text.replace(/NOW([+-][\d.]+)/g, (_, offset: string) => String(now + Number(offset)));
  const header = withTimes(plan.header);
  const signed = [header, withTimes(plan.payload)]
    .map((text) => Buffer.from(text).toString("base64url"))
    .join(".");
  const alg = /"alg":"(\w+)"/.exec(header)?.[1] ?? "";
  const key = keyNamed(plan.key);
  // Mostly by a key that can: whoever says `ES256` has a key of that kind.
  const signer = key.algs.includes(alg) ? key : (KEYS.find(({ algs }) => algs.includes(alg)) ?? key);
  let text = `${signed}.${signer.sign(alg, Buffer.from(signed)).toString("base64url")}`;
  for (const { at, kind, text: piece } of plan.mutations) {
    const index = at % (text.length + 1);
    text =
      text.slice(0, index) +
      (kind === "delete" ? "" : piece) +
      text.slice(kind === "insert" ? index : index + 1);
  }
  return text;
}
