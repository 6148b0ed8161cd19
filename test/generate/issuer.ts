import { exportJWK, SignJWT } from "jose";
import { makeKeyPair } from "../../harness/key-pair.js";

/** Somebody who signs tokens. */
export class Issuer {
  private constructor(
    readonly name: string,
    /** The public key, as a set on one line. */
    readonly jwks: string,
    private readonly key: Parameters<SignJWT["sign"]>[0],
  ) {}

  static async make(name: string): Promise<Issuer> {
    const { publicKey, privateKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
    const jwk = { ...(await exportJWK(publicKey)), kid: name, alg: "ES256", use: "sig" };
    return new Issuer(name, JSON.stringify({ keys: [jwk] }), privateKey);
  }

  /** A header with a token of theirs. */
  async bearer(claims: Readonly<Record<string, unknown>> = {}): Promise<{ authorization: string }> {
    const token = await new SignJWT({ sub: "ada", ...claims })
      .setProtectedHeader({ alg: "ES256", kid: this.name })
      .setIssuer(this.name)
      .setExpirationTime("1h")
      .sign(this.key);
    return { authorization: `Bearer ${token}` };
  }
}
