/** A place in a file, counted from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A path into an object: names of fields, and places in lists counted from 0. */
export type Path = readonly (string | number)[];

/** `["spec", "rules", 0, "to"]` as `spec.rules[0].to`; a name that is no word is quoted. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w$-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

/** `file:line`, as editors and people find it. */
export function placeText({ file, line }: Position): string {
  return `${file}:${line}`;
}
