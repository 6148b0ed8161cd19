import { LogLevel } from "./enums.js";

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  /** The context that logged, 0 before there is one. */
  readonly contextId: number;
  /** Which of the VMs logged: the one that tries a configuration, or the one that serves. */
  readonly vm: "canary" | "worker";
}

/** What modules have logged, oldest first. */
export class Log {
  readonly entries: LogEntry[] = [];

  constructor(readonly level: LogLevel) {}

  /** Below the host's level nothing is kept, as in Envoy. */
  add(entry: LogEntry): void {
    if (entry.level >= this.level) this.entries.push(entry);
  }

  /** The messages of the serving VM, of one level or of all. */
  messages(level?: LogLevel): string[] {
    return this.entries
      .filter((entry) => entry.vm === "worker" && (level === undefined || entry.level === level))
      .map(({ message }) => message);
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** One line each, for a failing test's message. */
  toString(): string {
    return this.entries
      .map(({ level, message }) => `[${LogLevel[level].toLowerCase()}] ${message}`)
      .join("\n");
  }
}
