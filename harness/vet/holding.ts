/** Protocols that a declaration of the filter protocol-detection enforces unless it says otherwise. */
const ENFORCED = new Set([
  "http",
  "http_proxy",
  "http/1.0",
  "http/1.1",
  "http2",
  "grpc",
  "grpc-web",
  "tls",
  "https",
]);

/**
 * Whether the filter protocol-detection ever holds a connection until the client has said something: not if all that its
 * configuration has is declarations of what is passed unexamined. What cannot be read may hold.
 */
export function mayHold(configuration: unknown): boolean {
  const read = typeof configuration === "string" ? parsed(configuration) : configuration;
  if (typeof read !== "object" || read === null) return true;
  const { detection, declarations = [] } = read as { detection?: unknown; declarations?: unknown };
  if (detection !== undefined || !Array.isArray(declarations)) return true;
  return declarations.some((one: unknown) => {
    if (typeof one !== "object" || one === null) return true;
    const { protocol, enforce, proxy_protocol, proxyProtocol } = one as Readonly<Record<string, unknown>>;
    if (proxy_protocol === true || proxyProtocol === true || typeof protocol !== "string") return true;
    const name = protocol.toLowerCase();
    return name === "auto" || (enforce ?? ENFORCED.has(name)) === true;
  });
}

/** The plugin configurations in a part of Envoy's configuration. */
export function configurationsIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(configurationsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const text = name === "configuration" ? (field as { value?: unknown } | null)?.value : undefined;
    return text === undefined ? configurationsIn(field) : [text];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
