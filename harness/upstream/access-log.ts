import { EventEmitter, once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { type Packed, Unpacker } from "./msgpack.js";

/** The fields of one record, as text; what Envoy has no value for is "-". */
export type AccessRecord = Readonly<Record<string, string>>;

/** A running access log server. */
export interface AccessLogServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** The records with this tag so far, oldest first. */
  records(tag: string): readonly AccessRecord[];
  /** Waits until there is such a record; after the time limit, undefined. */
  waitFor<T>(
    tag: string,
    find: (records: readonly AccessRecord[]) => T | undefined,
    timeoutMs: number,
  ): Promise<T | undefined>;
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1, on a free port, that takes what Envoy's `envoy.access_loggers.fluentd` sends: entries of
 * Fluentd's forward protocol, each a tag and a list of times with records.
 */
export async function startAccessLog(): Promise<AccessLogServer> {
  const byTag = new Map<string, AccessRecord[]>();
  const changed = new EventEmitter().setMaxListeners(0);
  const sockets = new Set<Socket>();

  const take = (entry: Packed): void => {
    if (!Array.isArray(entry)) return;
    const tag = textOf(entry[0]);
    const list = entry[1];
    const records = byTag.get(tag) ?? [];
    byTag.set(tag, records);
    for (const pair of Array.isArray(list) ? list : []) {
      const fields = Array.isArray(pair) ? pair[1] : null;
      if (fields instanceof Map) records.push(asText(fields));
    }
    changed.emit("changed");
  };

  const server = net.createServer((socket) => {
    const unpacker = new Unpacker();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => unpacker.push(chunk).forEach(take));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const records = (tag: string): readonly AccessRecord[] => byTag.get(tag) ?? [];
  return {
    port: (server.address() as AddressInfo).port,
    records,
    async waitFor(tag, find, timeoutMs) {
      const deadline = AbortSignal.timeout(timeoutMs);
      for (;;) {
        const found = find(records(tag));
        if (found !== undefined || deadline.aborted) return found;
        await once(changed, "changed", { signal: deadline }).catch(() => undefined);
      }
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function asText(fields: ReadonlyMap<Packed, Packed>): AccessRecord {
  return Object.fromEntries([...fields].map(([name, value]) => [textOf(name), textOf(value)]));
}

/** Envoy makes a number of a field that is one. */
function textOf(value: Packed | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : "-";
}
