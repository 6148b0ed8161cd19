import type { JwksServer } from "../upstream/index.js";
import type { Case } from "./cases.js";
import { jwksCluster } from "./envoy-clusters.js";
import type { CaseListener } from "./envoy-config.js";
import { asksForDetails, listenerOf } from "./envoy-listener.js";
import { httpCluster } from "./envoy-network.js";
import type { Servers } from "./envoy-servers.js";
import { asksForJwks, Names, statPrefixOf } from "./names.js";
import type { SubjectName } from "./subject.js";

/** Where a case is in an Envoy: its listener, and what is behind it for this case alone. */
export interface Site {
  /** The listener's name. */
  readonly name: string;
  readonly listener: CaseListener;
  readonly jwks: JwksServer | undefined;
}

/** What a site is made from. */
export interface SiteOptions {
  readonly subject: SubjectName;
  readonly servers: Servers;
  readonly wasmFiles: ReadonlyMap<string, string>;
}

/** Makes the site of a case, with a JWKS server of its own if the case mentions one. */
export async function makeSite(one: Case, name: string, options: SiteOptions): Promise<Site> {
  const { subject, servers, wasmFiles } = options;
  const names = namesOf(one, name);
  const jwks = asksForJwks(one) ? await servers.jwks(await names.plan()) : undefined;
  // Tokens of requests are made when they are sent.
  const configured = await names.fill({ ...one, requests: [], tokens: undefined });
  const listener = listenerOf(configured, {
    subject,
    details: asksForDetails(one),
    name,
    wasmFile: wasmFiles.get(one.filter),
    jwksPort: jwks?.port,
  });
  return { name, listener, jwks };
}

/** What the names of a case stand for from now on. */
export function namesOf(one: Case, listener: string): Names {
  return new Names(one, {
    now: Math.floor(Date.now() / 1000),
    clusters: { jwks: jwksCluster(listener), http: httpCluster(listener) },
    statPrefix: statPrefixOf(one, listener),
  });
}
