// SPDX-License-Identifier: Apache-2.0
import { Bytes, decodeBase64Url, JsonDocument, JsonKind } from "tremula/assembly";
import { normaliseAudience } from "../config/audience";
import { Mode } from "../config/mode";
import { Provider } from "../config/provider";
import { Algorithm, algorithmOf } from "../keys/algorithm";
import { Outputs } from "../output/outputs";
import { JwtStatus } from "../status";
import { readTimeClaim, seconds, TimeClaim } from "./time-claim";

const DOT: i32 = 0x2e;
/** Levels of JSON that the native filter takes. */
const DEEPEST: i32 = 100;
/** Longer tokens do not fit into Envoy's default limit for request headers, 60 KiB. */
const LARGEST: i32 = 65536;

/** The document of the section that is being read, then of the payload that is being written. */
// @ts-ignore: decorator
@lazy
const scratch = new JsonDocument(DEEPEST, LARGEST);

/** A token taken apart (RFC 7515 section 7.1); nothing of it is verified. */
@final
export class Token {
  /** What was wrong with it, or `Ok`; the fields below then hold what had been read by then. */
  status: JwtStatus = JwtStatus.BadFormat;
  /** Header and payload sections with the dot between them, as they were signed. */
  signed: Bytes = Bytes.EMPTY;
  /** The payload section as it is. */
  payloadSection: Bytes = Bytes.EMPTY;
  /** Header and payload as JSON. */
  header: Bytes = Bytes.EMPTY;
  payload: Bytes = Bytes.EMPTY;
  signature: Bytes = Bytes.EMPTY;
  algorithm: Algorithm = Algorithm.Unsupported;
  kid: Bytes | null = null;
  issuer: Bytes = Bytes.EMPTY;
  subject: Bytes = Bytes.EMPTY;
  /** Each as `normaliseAudience` makes it. */
  readonly audiences: Array<Bytes> = [];
  /** Seconds since 1970, or 0 without such a claim. */
  issuedAt: u64 = 0;
  notBefore: u64 = 0;
  expires: u64 = 0;
  /** Whether there is `exp`: strict mode takes 0 for a time long ago. */
  hasExpires: bool = false;

  private outputs: Outputs | null = null;

  private constructor(
    /** As it was found. */
    public text: Bytes,
    private readonly mode: Mode,
  ) {}

  static parse(text: Bytes, mode: Mode): Token {
    const token = new Token(text, mode);
    token.status = token.read();
    return token;
  }

  /**
   * Keeps a copy of its octets, not the headers of the request that it came with.
   *
   * @param copy of `text`
   */
  detach(copy: Bytes): void {
    const text = this.text;
    this.payloadSection = moved(this.payloadSection, text, copy);
    this.signed = moved(this.signed, text, copy);
    this.text = copy;
  }

  /** What it adds to requests by a provider; made again only when another provider asks. */
  outputsFor(provider: Provider): Outputs {
    let outputs = this.outputs;
    if (outputs === null || outputs.provider !== provider) {
      outputs = new Outputs(this, provider, this.mode);
      this.outputs = outputs;
    }
    return outputs;
  }

  /** The payload as a document, good until the next token is looked at. */
  claims(): JsonDocument {
    scratch.read(this.payload);
    return scratch;
  }

  /** The header, likewise. */
  headerFields(): JsonDocument {
    scratch.read(this.header);
    return scratch;
  }

  private read(): JwtStatus {
    const text = this.text;
    if (text.length > LARGEST) return JwtStatus.BadFormat;
    // Native splits at dots and leaves empty sections out, so `.a..b.c` has three (jwt.cc, StrSplit with SkipEmpty).
    const lax = this.mode == Mode.Envoy;
    let end = -1;
    end = this.nextSection(end, lax);
    const headerSection = this.section;
    end = this.nextSection(end, lax);
    this.payloadSection = this.section;
    end = this.nextSection(end, lax);
    const signatureSection = this.section;
    if (headerSection.isEmpty || this.payloadSection.isEmpty || signatureSection.isEmpty) {
      return JwtStatus.BadFormat;
    }
    this.nextSection(end, lax);
    if (lax ? !this.section.isEmpty : end < text.length) return JwtStatus.BadFormat;
    const between = <i32>(this.payloadSection.ptr - headerSection.ptr) - headerSection.length;
    this.signed =
      between == 1
        ? Bytes.fromMemory(text, headerSection.ptr, headerSection.length + 1 + this.payloadSection.length)
        : headerSection.concat(".").concat(this.payloadSection);

    const header = this.decode(headerSection);
    if (header === null) return JwtStatus.HeaderBadBase64;
    this.header = header;
    const headerStatus = this.readHeader();
    if (headerStatus != JwtStatus.Ok) return headerStatus;
    const payload = this.decode(this.payloadSection);
    if (payload === null) return JwtStatus.PayloadBadBase64;
    this.payload = payload;
    const payloadStatus = this.readPayload();
    if (payloadStatus != JwtStatus.Ok) return payloadStatus;
    const signature = this.decode(signatureSection);
    if (signature === null) return JwtStatus.SignatureBadBase64;
    this.signature = signature;
    return JwtStatus.Ok;
  }

  private section: Bytes = Bytes.EMPTY;

  /** Puts the section behind the dot at `dot` into `section`; returns where it ends. */
  private nextSection(dot: i32, skipEmpty: bool): i32 {
    const text = this.text;
    while (dot < text.length) {
      const start = dot + 1;
      const next = text.indexOfByte(DOT, start);
      dot = next >= 0 ? next : text.length;
      this.section = text.slice(start, dot);
      if (!skipEmpty || dot > start) return dot;
    }
    this.section = Bytes.EMPTY;
    return dot;
  }

  private decode(section: Bytes): Bytes | null {
    return decodeBase64Url(section, this.mode == Mode.Envoy);
  }

  /** Natively `null` is an object without members, as everywhere in protobuf's JSON. */
  private isObject(json: JsonDocument): bool {
    const kind = json.kind(json.root);
    return kind == JsonKind.Object || (kind == JsonKind.Null && this.mode == Mode.Envoy);
  }

  private readHeader(): JwtStatus {
    const json = scratch;
    if (!json.read(this.header) || !this.isObject(json)) return JwtStatus.HeaderBadJson;
    const alg = json.member(json.root, "alg");
    if (json.kind(alg) != JsonKind.String) return JwtStatus.HeaderBadAlg;
    this.algorithm = algorithmOf(json.string(alg));
    if (this.algorithm == Algorithm.Unsupported) return JwtStatus.HeaderNotImplementedAlg;
    const kid = json.member(json.root, "kid");
    if (kid != 0) {
      if (json.kind(kid) != JsonKind.String) return JwtStatus.HeaderBadKid;
      // Native takes an empty one for none.
      const text = json.string(kid);
      if (!text.isEmpty) this.kid = text.copy();
    }
    if (this.mode == Mode.Strict) {
      // No extension is known to this filter, `b64` (RFC 7797) included.
      if (json.member(json.root, "crit") != 0 || json.member(json.root, "b64") != 0) {
        return JwtStatus.CriticalHeader;
      }
    }
    return JwtStatus.Ok;
  }

  private readPayload(): JwtStatus {
    const json = scratch;
    if (!json.read(this.payload) || !this.isObject(json)) return JwtStatus.PayloadBadJson;
    const root = json.root;
    const iss = json.member(root, "iss");
    if (iss != 0) {
      if (json.kind(iss) != JsonKind.String) return JwtStatus.IssNotString;
      this.issuer = json.string(iss).copy();
    }
    const sub = json.member(root, "sub");
    if (sub != 0) {
      if (json.kind(sub) != JsonKind.String) return JwtStatus.SubNotString;
      this.subject = json.string(sub).copy();
    }
    const iat = readTimeClaim(json, json.member(root, "iat"));
    if (iat == TimeClaim.NotNumber) return JwtStatus.IatNotInteger;
    if (iat == TimeClaim.OutOfRange) return JwtStatus.IatOutOfRange;
    this.issuedAt = seconds();
    const nbf = readTimeClaim(json, json.member(root, "nbf"));
    if (nbf == TimeClaim.NotNumber) return JwtStatus.NbfNotInteger;
    if (nbf == TimeClaim.OutOfRange) return JwtStatus.NbfOutOfRange;
    this.notBefore = seconds();
    const exp = readTimeClaim(json, json.member(root, "exp"));
    if (exp == TimeClaim.NotNumber) return JwtStatus.ExpNotInteger;
    if (exp == TimeClaim.OutOfRange) return JwtStatus.ExpOutOfRange;
    this.hasExpires = exp == TimeClaim.Good;
    this.expires = seconds();
    const jti = json.member(root, "jti");
    if (jti != 0 && json.kind(jti) != JsonKind.String) return JwtStatus.JtiNotString;
    return this.readAudiences();
  }

  private readAudiences(): JwtStatus {
    const json = scratch;
    const aud = json.member(json.root, "aud");
    if (aud == 0) return JwtStatus.Ok;
    if (json.kind(aud) == JsonKind.String) {
      this.audiences.push(normaliseAudience(json.string(aud)).copy());
      return JwtStatus.Ok;
    }
    if (json.kind(aud) != JsonKind.Array) return JwtStatus.AudNotString;
    for (let entry = json.first(aud); entry != 0; entry = json.next(aud, entry)) {
      if (json.kind(entry) != JsonKind.String) return JwtStatus.AudNotString;
      this.audiences.push(normaliseAudience(json.string(entry)).copy());
    }
    return JwtStatus.Ok;
  }
}

/** What a view of `from` is in a copy of it; what is no view of it is in memory of its own already. */
function moved(view: Bytes, from: Bytes, copy: Bytes): Bytes {
  if (view.ptr < from.ptr || view.ptr >= from.ptr + <usize>from.length) return view;
  const start = <i32>(view.ptr - from.ptr);
  return copy.slice(start, start + view.length);
}
