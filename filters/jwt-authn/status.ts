// SPDX-License-Identifier: Apache-2.0

/**
 * What came of a token, numbered as in the native filter (source/common/jwt/status.h): the number goes into
 * `failed_status_in_metadata`. From 1,000 on they are our own.
 */
export enum JwtStatus {
  /** Not decided yet: keys are being fetched. */
  Pending = -1,
  Ok = 0,
  Missed = 1,
  NotYetValid = 2,
  Expired = 3,
  BadFormat = 4,
  HeaderBadBase64 = 5,
  HeaderBadJson = 6,
  HeaderBadAlg = 7,
  HeaderNotImplementedAlg = 8,
  HeaderBadKid = 9,
  PayloadBadBase64 = 10,
  PayloadBadJson = 11,
  IssNotString = 12,
  SubNotString = 13,
  IatNotInteger = 14,
  IatOutOfRange = 15,
  NbfNotInteger = 16,
  NbfOutOfRange = 17,
  ExpNotInteger = 18,
  ExpOutOfRange = 19,
  JtiNotString = 20,
  AudNotString = 21,
  SignatureBadBase64 = 22,
  Ed25519WrongLength = 23,
  UnknownIssuer = 24,
  AudienceNotAllowed = 25,
  VerificationFail = 26,
  MultipleTokens = 27,
  NoValidKeys = 31,
  KidAlgMismatch = 32,
  FetchFail = 41,
  /** Strict mode: `crit` names what this filter does not know (RFC 7515 section 4.1.11). */
  CriticalHeader = 1000,
}

const TEXTS: StaticArray<string> = [
  "OK",
  "Jwt is missing",
  "Jwt not yet valid",
  "Jwt is expired",
  "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
  "Jwt header is an invalid Base64url encoded",
  "Jwt header is an invalid JSON",
  "Jwt header [alg] field is required and must be a string",
  "Jwt header [alg] is not supported",
  "Jwt header [kid] field is not a string",
  "Jwt payload is an invalid Base64url encoded",
  "Jwt payload is an invalid JSON",
  "Jwt payload [iss] field is not a string",
  "Jwt payload [sub] field is not a string",
  "Jwt payload [iat] field is not an integer",
  "Jwt payload [iat] field is not a positive 64 bit integer",
  "Jwt payload [nbf] field is not an integer",
  "Jwt payload [nbf] field is not a positive 64 bit integer",
  "Jwt payload [exp] field is not an integer",
  "Jwt payload [exp] field is not a positive 64 bit integer",
  "Jwt payload [jti] field is not a string",
  "Jwt payload [aud] field is not a string or string list",
  "Jwt signature is an invalid Base64url encoded",
  "Jwt ED25519 signature is wrong length",
  "Jwt issuer is not configured",
  "Audiences in Jwt are not allowed",
  "Jwt verification fails",
  "Found multiple Jwt tokens",
];

/** The text for the body and the response code details; the native filter's, where it has such a status. */
export function textOf(status: JwtStatus): string {
  switch (status) {
    case JwtStatus.NoValidKeys:
      return "Jwks doesn't have any valid public key";
    case JwtStatus.KidAlgMismatch:
      return "Jwks doesn't have key to match kid or alg from Jwt";
    case JwtStatus.FetchFail:
      return "Jwks remote fetch is failed";
    case JwtStatus.CriticalHeader:
      return "Jwt header [crit] field is not supported";
    default:
      return <u32>status < <u32>TEXTS.length ? unchecked(TEXTS[status]) : "Jwt verification fails";
  }
}
