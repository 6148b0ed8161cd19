import pc from "picocolors";

const PERIOD_MS = 2000;

/**
 * Says what long work is doing: one line that is rewritten on a terminal, plain lines elsewhere. Everything goes to
 * stderr, so that stdout carries results alone.
 */
export class Progress {
  readonly #tty = process.stderr.isTTY;
  #open = false;
  #due: number | undefined;

  /** Work in progress; on a terminal the next call replaces the line. */
  step(text: string): void {
    if (this.#tty) {
      process.stderr.write(`\r\x1b[2K${pc.dim("…")} ${text}`);
      this.#open = true;
    } else {
      process.stderr.write(`${text}\n`);
    }
  }

  /** One of many steps, most of them short: shown once in two seconds, and not before the first two are over. */
  tick(text: () => string): void {
    const now = performance.now();
    this.#due ??= now + PERIOD_MS;
    if (now < this.#due) return;
    this.#due = now + PERIOD_MS;
    this.step(text());
  }

  /** A line that stays. */
  note(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  /** Removes a line left by `step` from the terminal. */
  clear(): void {
    if (this.#open) process.stderr.write("\r\x1b[2K");
    this.#open = false;
  }
}
