import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { refusal } from "./refusal.js";

/** Addresses that mean this machine or its neighbours, and another one to everybody else (IANA's special-purpose registries). */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv4");
  // The same in IPv6's words.
  PRIVATE.addSubnet(`::ffff:${net}`, 96 + bits, "ipv6");
}
for (const [net, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv6");
}

/** Whether a host is an address, or the name, of this machine or of a private network. */
export function isPrivate(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const family = isIP(bare);
  if (family === 0) return bare === "localhost" || bare.endsWith(".localhost");
  return PRIVATE.check(bare, family === 6 ? "ipv6" : "ipv4");
}

/**
 * Where a registry leads (by a redirect, by the address of an upload, or to a server that grants tokens) if one may go along:
 * never out of TLS, and from outside never into a private network, where the client reaches what the registry does not.
 *
 * Names are not looked up. Storage may well have a public name and an address in one's own network; and whoever has a name of
 * somebody else's answer with such an address gets no further than TLS, as nobody there has a certificate for it.
 *
 * @throws HarnessError with the reason
 */
export async function lead(from: URL, to: string, doing: string): Promise<URL> {
  const wrong = (why: string) =>
    refusal(doing, `${from.host} leads to ${JSON.stringify(to.slice(0, 200))}: ${why}`);
  if (to === "" || !URL.canParse(to, from.href)) throw wrong("that is nowhere");
  const url = new URL(to, from);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw wrong("that is not HTTP");
  if (url.username !== "" || url.password !== "") throw wrong("an address with a password");
  if (from.protocol === "https:" && url.protocol === "http:") throw wrong("that is without TLS");
  if (isPrivate(url.hostname) && !(await isNear(from.hostname))) {
    throw wrong("that is in a private network, in which the registry is not");
  }
  return url;
}

/** Whether a host is itself in a private network, and so may know its neighbours. */
async function isNear(host: string): Promise<boolean> {
  if (isPrivate(host) || isIP(host.replace(/^\[|\]$/g, "")) !== 0) return isPrivate(host);
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address }) => isPrivate(address));
}
