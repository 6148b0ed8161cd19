import type { Path } from "../resources/index.js";
import { titleOf, type Given } from "./resource.js";

/** A line of what was generated, and the resource that decided it. */
export interface Decision {
  /** The plugin, or another part of what is generated. */
  readonly part: string;
  /** Where in its configuration; empty for all of it. */
  readonly path: string;
  readonly by: Given | null;
  /** The field of its spec that did. */
  readonly field: Path;
  readonly why: string;
}

/** What became of a resource that nothing, or not all, was generated from. */
export interface Remark {
  readonly about: Given | null;
  readonly why: string;
}

/** Who decided what, kept while configuration is generated. */
export class Journal {
  /** In the order in which they were made. */
  readonly decisions: Decision[] = [];
  /** Resources that are for something else. */
  readonly passedOver: Remark[] = [];
  /** What cannot be enforced exactly, each of which is a reason to generate nothing. */
  readonly inexact: Remark[] = [];
  /** What somebody else enforces, and what one may not expect. */
  readonly remarks: Remark[] = [];

  decide(part: string, path: string, by: Given | null, why: string, field: Path = []): void {
    this.decisions.push({ part, path, by, field, why });
  }

  passOver(about: Given, why: string): void {
    this.passedOver.push({ about, why });
  }

  partial(about: Given | null, why: string): void {
    this.inexact.push({ about, why });
  }

  remark(about: Given | null, why: string): void {
    this.remarks.push({ about, why });
  }

  /** All of it as text, for `--explain`. */
  explain(): string {
    const decided = this.decisions.map(({ part, path, by, field, why }) => {
      const reason = why === "" ? "" : `, ${why}`;
      return `  ${part}${path === "" ? "" : ` ${path}`}\n      ${by ? titleOf(by, field) : "by default"}${reason}`;
    });
    return [
      section("decided", decided),
      section("cannot be enforced exactly", this.inexact.map(remarkText)),
      section("not for this workload", this.passedOver.map(remarkText)),
      section("to know", this.remarks.map(remarkText)),
    ].join("");
  }
}

/** A remark as one line. */
export function remarkText({ about, why }: Remark): string {
  return `  ${about ? `${titleOf(about)}: ` : ""}${why}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}:\n${lines.join("\n")}\n`;
}
