import type { Journal } from "../journal.js";
import type { Plugin } from "../plugin.js";
import type { ServedPort } from "../ports.js";

const NAME = "tremula-protocol-detection";

/** The filter that labels connections that are no HTTP by what their port is said to speak. */
export function planProtocols(ports: readonly ServedPort[], journal: Journal): Plugin[] {
  const declared = ports.filter(({ isHttp }) => !isHttp);
  if (declared.length === 0) return [];
  for (const { port, protocol, reason } of declared) {
    journal.decide(NAME, `declarations: port ${port} is ${protocol}`, null, reason);
  }
  return [
    {
      name: NAME,
      filter: "protocol-detection",
      rootId: "protocol-detection",
      layer: "network",
      phase: null,
      direction: "inbound",
      failClosed: false,
      configuration: {
        mode: "label",
        declarations: declared.map(({ port, protocol, reason }) => ({ port, protocol, reason })),
      },
    },
  ];
}
