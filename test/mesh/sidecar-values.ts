import { OLD_DOMAIN, TRUST_DOMAIN } from "./peers.js";

// What policies for sidecars ask for, some of which no client has.

export const PRINCIPALS = [
  "*",
  `${TRUST_DOMAIN}/ns/shop/sa/web`,
  "cluster.local/ns/shop/sa/web",
  "cluster.local/ns/bank/sa/*",
  `${OLD_DOMAIN}/ns/bank/sa/api`,
  "other.example/ns/shop/sa/web",
  `${TRUST_DOMAIN}/*`,
  "*/sa/web",
  "*/ns/shop/sa/cart.v2",
  `${TRUST_DOMAIN}/ns/bank/sa/we`,
  "*.example/ns/shop/sa/web",
  `*${OLD_DOMAIN}/ns/bank/sa/api`,
];
export const NAMESPACES = ["shop", "bank", "b*", "*", "sho", "sh.p", "default"];
export const ACCOUNTS = ["web", "cart.v2", "cart-v2", "shop/web", "bank/api", "bank/web"];
export const DOMAINS = [TRUST_DOMAIN, OLD_DOMAIN, "*.example", "other.example", "*", "mesh.*", "mesh.exampl"];
/** Addresses that clients have, besides others. */
export const FROM = ["127.0.0.1", "127.9.0.1", "127.9.0.2"];
export const BLOCKS = ["127.9.0.0/16", "127.9.0.1", "127.0.0.1", "127.0.0.0/8", "10.0.0.0/8"];
export const SERVERS = ["a.example", "b.example", "outbound_.80_._.web.shop.svc.cluster.local"];
