import { DISTINCT_TOKENS, ISSUER, once, type Signer, SIGNERS, token } from "./jwt-tokens.js";
import type { Scenario, Variant } from "./types.js";

const NONE: Variant = { name: "none" };
/** The variant that all of a verification's cost is measured against: it does everything else. */
const UNVERIFIED = "unverified";

/**
 * The JWT filter without a cache: no token is short enough for its own. `unverified` takes the same tokens apart and
 * checks their time, but its key has another id than they name, so that no signature is looked at and the requirement
 * lets the failure pass; the others answer 401 to what they have not verified.
 */
function variant(name: string, signer: Signer, verifier: "own" | "host"): Variant {
  const key = name === UNVERIFIED ? { ...signer.jwk, kid: "another" } : signer.jwk;
  const requires = name === UNVERIFIED ? { allow_missing_or_failed: {} } : { provider_name: "bench" };
  const bench = {
    issuer: ISSUER,
    local_jwks: { inline_string: JSON.stringify({ keys: [key] }) },
    forward: true,
    jwt_cache_config: { jwt_max_token_size: 1 },
  };
  return {
    name,
    wasm: {
      source: { entry: "filters/jwt-authn/index.ts" },
      configuration: { verifier, providers: { bench }, rules: [{ match: { prefix: "/" }, requires }] },
    },
  };
}

function scenario(name: string, hostCan: boolean): Scenario {
  const signer = SIGNERS[name]!;
  const rotate = once(() => ({
    header: "authorization",
    values: Array.from({ length: DISTINCT_TOKENS }, (_, user) => `Bearer ${token(signer(), user)}`),
  }));
  const variants = once((): Variant[] => [
    NONE,
    variant(UNVERIFIED, signer(), "own"),
    variant("own", signer(), "own"),
    ...(hostCan ? [variant("host", signer(), "host")] : []),
  ]);
  return {
    suite: "signatures",
    name,
    about: `verify ${name.toUpperCase()} in the module and in the host, ${DISTINCT_TOKENS} tokens in turn, no cache`,
    request: {
      path: "/",
      get rotate() {
        return rotate();
      },
    },
    get variants() {
      return variants();
    },
  };
}

/**
 * What it takes to verify a signature, in the module or in the host by `verify_signature`, the call included: the
 * difference between a variant and `unverified`.
 */
export const SIGNATURE_SCENARIOS: readonly Scenario[] = [
  scenario("rs256", true),
  scenario("ps256", false),
  scenario("es256", true),
  scenario("es384", true),
  scenario("es512", true),
  scenario("eddsa", false),
];
