import type { Running } from "./program.js";

/** A real server with a real client, to be put behind the filter. */
export interface RealServer {
  readonly name: string;
  /** The programs that it takes; without one of them the test is skipped. */
  readonly programs: readonly string[];
  /** Whether it starts for root alone. */
  readonly takesRoot?: boolean;
  /** The protocol as its owner declares it. */
  readonly declared: string;
  /** Label and reason of a connection that is not declared. */
  readonly found: readonly [protocol: string, reason: string];
  /** What is looked for where it is not declared, when that is more than the standard protocols. */
  readonly lookFor?: readonly string[];
  /** The label where it is declared, if that is not the declared name: an enforced one is what the bytes are. */
  readonly label?: string;
  /** The server name that the client says. */
  readonly serverName?: string;
  /**
   * Starts it.
   *
   * @param folder its own, which everybody may read
   * @param port free on 127.0.0.1
   */
  start(folder: string, port: number): Promise<Running>;
  /** Does something with it over this port of 127.0.0.1; an error when the answer is not the right one. */
  use(port: number, folder: string): Promise<void>;
}
