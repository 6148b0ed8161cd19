import { stringify } from "yaml";
import type { Question } from "./backend.js";
import { NAMESPACE } from "./scenarios.js";
import type { Contact, Ports } from "./sidecar-scenarios.js";

/** The policies of a workload that shows where ours means to differ. */
export function differingPolicies(app: string): string {
  const selector = { matchLabels: { app } };
  const metadata = { name: app, namespace: NAMESPACE };
  const rules = [
    { from: [{ source: { principals: ["cluster.local/ns/shop/sa/web"] } }] },
    { from: [{ source: { remoteIpBlocks: ["192.0.2.7"] } }] },
  ];
  return [
    {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      metadata,
      spec: { selector, mtls: { mode: "PERMISSIVE" } },
    },
    { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata, spec: { selector, rules } },
  ]
    .map((one) => stringify(one))
    .join("---\n");
}

/** What it is asked: each is answered by ours and by Istio's sidecar in another way. */
export function differingContacts({ http }: Ports): Contact[] {
  const from = { from: "127.0.0.1", servername: "" };
  const question = (...more: [string, string][]): Question => ({
    path: "/a",
    method: "GET",
    headers: [["host", "a.example"], ...more],
  });
  return [
    {
      port: http,
      dial: { ...from, peer: "plain", alpn: [] },
      speech: question(["x-forwarded-for", "192.0.2.7"]),
    },
    { port: http, dial: { ...from, peer: "shop/web", alpn: ["http/1.1"] }, speech: question() },
  ];
}
