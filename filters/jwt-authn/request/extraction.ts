// SPDX-License-Identifier: Apache-2.0
import { Bytes, HeaderTable } from "tremula/assembly";
import { LocationKind } from "../config/location";
import { Mode } from "../config/mode";
import { Candidate } from "./candidate";
import { Cookies } from "./cookie";
import { tokenAfterPrefix } from "./prefix";
import { Query } from "./query";
import { Site } from "./site";

/** The tokens of one request: each place is looked at once, when a requirement first asks for it. */
@final
export class Extraction {
  private readonly sites: Array<Site> = [];
  private readonly found: Array<Array<Candidate>> = [];
  private readonly removed: Array<Site> = [];
  /** So many of `removed` count for the requirement that is being looked at. */
  private removedBefore: i32 = 0;

  constructor(
    private readonly headers: HeaderTable,
    private readonly path: Bytes,
    private readonly mode: Mode,
  ) {}

  /**
   * A requirement begins to look for its tokens: it sees what is there now, whatever it removes itself, as in the native
   * filter, which takes all of a requirement's tokens before it verifies the first.
   */
  begin(): void {
    this.removedBefore = this.removed.length;
  }

  /** What is in a place, in order; nothing once a requirement before this one has removed it. */
  at(site: Site): Array<Candidate> {
    for (let i = 0; i < this.removedBefore; i++) {
      if (unchecked(this.removed[i]).sharesPlace(site)) return NOTHING;
    }
    for (let i = 0; i < this.sites.length; i++) {
      if (unchecked(this.sites[i]) === site) return unchecked(this.found[i]);
    }
    const found = new Array<Candidate>();
    if (site.kind == LocationKind.Header) this.inHeader(site, found);
    else if (site.kind == LocationKind.Parameter) this.inQuery(site, found);
    else this.inCookies(site, found);
    this.sites.push(site);
    this.found.push(found);
    return found;
  }

  /** A verified token is not forwarded: the requirements behind this one find nothing there, as in the native filter. */
  remove(site: Site): void {
    // Native never takes cookies away (extractor.cc, JwtCookieLocation).
    if (site.kind != LocationKind.Cookie) this.removed.push(site);
  }

  private inHeader(site: Site, found: Array<Candidate>): void {
    const headers = this.headers;
    for (let i = headers.find(site.name); i >= 0; i = headers.find(site.name, i + 1)) {
      const text = tokenAfterPrefix(headers.value(i), site.prefix, this.mode);
      if (text !== null) this.add(found, site, text);
    }
  }

  private inQuery(site: Site, found: Array<Candidate>): void {
    const query = new Query(this.path);
    while (query.next()) {
      if (!query.nameIs(site.name)) continue;
      this.add(found, site, query.value);
      // Native sees the first one only, and removes all: a second one would be a token that nobody has looked at.
      if (this.mode == Mode.Envoy) return;
    }
  }

  private inCookies(site: Site, found: Array<Candidate>): void {
    const headers = this.headers;
    for (let i = headers.find(COOKIE); i >= 0; i = headers.find(COOKIE, i + 1)) {
      const cookies = new Cookies(headers.value(i), this.mode);
      while (cookies.next()) {
        if (!cookies.name.equals(site.name)) continue;
        this.add(found, site, cookies.value);
        if (this.mode == Mode.Envoy) return;
      }
    }
  }

  /** Strict mode takes the same token twice in a place for one. */
  private add(found: Array<Candidate>, site: Site, text: Bytes): void {
    if (this.mode == Mode.Strict) {
      for (let i = 0; i < found.length; i++) if (unchecked(found[i]).text.equals(text)) return;
    }
    found.push(new Candidate(site, text));
  }
}

const COOKIE = Bytes.fromString("cookie");
const NOTHING = new Array<Candidate>();
