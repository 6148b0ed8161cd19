import { Client } from "undici";
import { HarnessError } from "../errors.js";
import { StatsSnapshot } from "./stats.js";

/** A listener as the admin interface lists it. */
export interface ListenerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Memory as Envoy's allocator sees it, in bytes. */
export interface EnvoyMemory {
  readonly allocated: number;
  readonly heapSize: number;
  readonly physical: number;
}

/** Which statistics to ask for; the filter is an RE2 expression that Envoy searches for in each name. */
export interface StatsQuery {
  readonly filter?: string;
  /** Only those that were written to since Envoy started. */
  readonly usedOnly?: boolean;
}

/** `server_info`, as far as it matters here. */
export interface ServerInfo {
  readonly version: string;
  readonly state: string;
  readonly command_line_options: Record<string, unknown>;
}

interface ListenersAnswer {
  listener_statuses?: {
    name: string;
    local_address?: { socket_address?: { address: string; port_value: number } };
  }[];
}

/** An address that a client on this machine can connect to, from one that a socket listens on. */
const connectable = (host: string): string =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;

/** `host:port` with the brackets that IPv6 needs. */
export const hostPort = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Envoy's admin interface. */
export class Admin {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly #client: Client;
  readonly #whyGone: () => string | undefined;

  /**
   * @param address as Envoy writes it to its admin address file: `127.0.0.1:41234` or `[::1]:41234`
   * @param whyGone says how Envoy ended, once it has
   */
  constructor(address: string, whyGone: () => string | undefined = () => undefined) {
    this.url = `http://${address
      .trim()
      .replace(/^0\.0\.0\.0:/, "127.0.0.1:")
      .replace(/^\[::\]:/, "[::1]:")}`;
    this.#client = new Client(this.url, {
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
      connectTimeout: 5_000,
    });
    this.#whyGone = whyGone;
  }

  async #ask(method: "GET" | "POST", path: string): Promise<{ status: number; body: string }> {
    try {
      const response = await this.#client.request({ method, path });
      return { status: response.statusCode, body: await response.body.text() };
    } catch (error) {
      const why = this.#whyGone() ?? (error as Error).message;
      throw new HarnessError("ADMIN_UNREACHABLE", `Envoy's admin interface does not answer ${path}: ${why}`, {
        cause: error,
      });
    }
  }

  async #expectOk(method: "GET" | "POST", path: string): Promise<string> {
    const { status, body } = await this.#ask(method, path);
    if (status === 200) return body;
    const said = body.trim().split("\n")[0] ?? "";
    throw new HarnessError(
      "ADMIN_REFUSED",
      `Envoy's admin interface answers ${path} with ${status}: ${said}`,
    );
  }

  /** The answer to any other GET. */
  get(path: string): Promise<string> {
    return this.#expectOk("GET", path);
  }

  /** The answer to any other POST. */
  post(path: string): Promise<string> {
    return this.#expectOk("POST", path);
  }

  /** Envoy's state: `LIVE`, `DRAINING`, `PRE_INITIALIZING` or `INITIALIZING`. */
  async ready(): Promise<string> {
    return (await this.#ask("GET", "/ready")).body.trim();
  }

  async stats(query: StatsQuery = {}): Promise<StatsSnapshot> {
    return StatsSnapshot.parse(await this.get(`/stats?format=json${queryString(query)}`));
  }

  /** One counter or gauge by its exact name; undefined when Envoy has none of that name. */
  async stat(name: string): Promise<number | undefined> {
    const filter = `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
    return (await this.stats({ filter })).get(name);
  }

  /** The statistics in Prometheus' text format. */
  prometheus(query: StatsQuery = {}): Promise<string> {
    return this.get(`/stats?format=prometheus${queryString(query)}`);
  }

  async configDump(): Promise<unknown> {
    return JSON.parse(await this.get("/config_dump"));
  }

  async clusters(): Promise<unknown> {
    return JSON.parse(await this.get("/clusters?format=json"));
  }

  /** The listeners that have a port; internal ones and Unix sockets have none. */
  async listeners(): Promise<ListenerAddress[]> {
    const answer = JSON.parse(await this.get("/listeners?format=json")) as ListenersAnswer;
    return (answer.listener_statuses ?? []).flatMap(({ name, local_address }) => {
      const socket = local_address?.socket_address;
      return socket === undefined
        ? []
        : [{ name, host: connectable(socket.address), port: socket.port_value }];
    });
  }

  /** Sets the level of one logger, such as `wasm`. */
  async setLogLevel(logger: string, level: string): Promise<void> {
    await this.post(`/logging?${encodeURIComponent(logger)}=${encodeURIComponent(level)}`);
  }

  async memory(): Promise<EnvoyMemory> {
    const answer = JSON.parse(await this.get("/memory")) as Record<string, string>;
    return {
      allocated: Number(answer["allocated"]),
      heapSize: Number(answer["heap_size"]),
      physical: Number(answer["total_physical_bytes"]),
    };
  }

  async serverInfo(): Promise<ServerInfo> {
    return JSON.parse(await this.get("/server_info")) as ServerInfo;
  }

  /** Closes the listeners; with `graceful`, after the drain time. */
  async drain(options: { graceful?: boolean } = {}): Promise<void> {
    await this.post(`/drain_listeners${options.graceful === true ? "?graceful" : ""}`);
  }

  /** Drops the connection to Envoy. */
  async close(): Promise<void> {
    await this.#client.destroy();
  }
}

function queryString({ filter, usedOnly = false }: StatsQuery): string {
  return (
    (usedOnly ? "&usedonly" : "") + (filter === undefined ? "" : `&filter=${encodeURIComponent(filter)}`)
  );
}
