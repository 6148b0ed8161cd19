// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { coordinateLength } from "tremula/assembly/crypto/ec-curve";
import { Curve } from "tremula/assembly/crypto/ecdsa";
import { algorithmOfCurve } from "./algorithm";
import { EcKey } from "./ec-key";
import { Jwk, withoutZeros } from "./jwk";
import { Key, KeyLabel } from "./key";

const BAD_ALG: string = "[alg] is not started with [ES] for an EC key";
const UNSUPPORTED: string = "[crv] or [alg] field is not supported for an EC key";
const INCOMPATIBLE: string = "[crv] field specified is not compatible with [alg] for an EC key";
const BAD_BASE64: string = "Jwks EC [x] or [y] field is an invalid Base64.";
const NO_POINT: string = "Jwks EC [x] and [y] fields have a parse error.";

/** Makes an EC key (RFC 7518 section 6.2.1). */
export function readEc(jwk: Jwk, label: KeyLabel, alg: Bytes): Key | null {
  if (!alg.isEmpty && !alg.startsWith("ES")) jwk.refuse(BAD_ALG);
  if (jwk.isNoString("crv")) jwk.refuse("[crv] field is not string for an EC key");
  const crv = jwk.text("crv");
  // The native filter guesses then.
  if (crv.isEmpty && jwk.isStrict) jwk.refuse("crv is missing");
  const curve = crv.isEmpty ? curveOfAlg(alg) : curveOfName(crv);
  if (curve < 0) jwk.refuse(UNSUPPORTED);
  else if (!alg.isEmpty && label.alg != algorithmOfCurve(<Curve>curve)) jwk.refuse(INCOMPATIBLE);
  const x = jwk.needText("x", "[x] field is missing for an EC key", "[x] field is not string for an EC key");
  const y = jwk.needText("y", "[y] field is missing for an EC key", "[y] field is not string for an EC key");
  const pointX = coordinate(jwk, curve, jwk.octets(x, BAD_BASE64));
  const pointY = coordinate(jwk, curve, jwk.octets(y, BAD_BASE64));
  if (!jwk.isFine) return null;
  const key = EcKey.from(label, <Curve>curve, pointX, pointY, jwk.mode, jwk.verifier);
  if (key === null) jwk.refuse(NO_POINT);
  return key;
}

/** In `Mode.Envoy` numbers may be shorter than the coordinate, or have zeros before it. */
function coordinate(jwk: Jwk, curve: i32, octets: Bytes): Bytes {
  if (!jwk.isFine) return octets;
  const length = coordinateLength(<Curve>curve);
  if (octets.length == length) return octets;
  const number = withoutZeros(octets);
  if (jwk.isStrict || number.length > length) {
    jwk.refuse(NO_POINT);
    return octets;
  }
  return Bytes.allocate(length - number.length).concat(number);
}

function curveOfName(crv: Bytes): i32 {
  if (crv.equals("P-256")) return Curve.P256;
  if (crv.equals("P-384")) return Curve.P384;
  return crv.equals("P-521") ? Curve.P521 : -1;
}

function curveOfAlg(alg: Bytes): i32 {
  if (alg.isEmpty || alg.equals("ES256")) return Curve.P256;
  if (alg.equals("ES384")) return Curve.P384;
  return alg.equals("ES512") ? Curve.P521 : -1;
}
