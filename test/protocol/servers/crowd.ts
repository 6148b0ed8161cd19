import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What became of the connections of a crowd. */
export interface CrowdEnd {
  readonly closed: number;
  /** Those that got an octet. */
  readonly answered: number;
  /** Between what a connection sent and its end. */
  readonly slowestMs: number;
}

interface Report extends CrowdEnd {
  readonly connected?: number;
}

/** Many clients that send a few octets and wait, in a process of their own. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: () => void = () => undefined;

  constructor() {
    this.#child = fork(fileURLToPath(new URL("crowd.mjs", import.meta.url)), { execArgv: [] });
    this.#child.on("message", (report: Report) => {
      this.#reports.push(report);
      this.#wake();
    });
    this.#child.on("exit", () => this.#wake());
  }

  /** Connects this often and sends the octets on each; resolves when all are sent. */
  async connect(address: { host: string; port: number }, count: number, octets: string): Promise<void> {
    this.#reports.length = 0;
    this.#child.send({ connect: { ...address, count, octets } });
    await this.#report((report) => report.connected === count);
  }

  /** Waits until every connection is closed. */
  ended(): Promise<CrowdEnd> {
    return this.#report((report) => report.connected === undefined);
  }

  /** Closes them all. */
  async leave(): Promise<CrowdEnd> {
    this.#child.send({ leave: true });
    return this.ended();
  }

  close(): void {
    this.#child.disconnect();
  }

  async #report(is: (report: Report) => boolean): Promise<Report> {
    for (;;) {
      const found = this.#reports.find(is);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error("the crowd's process ended");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
