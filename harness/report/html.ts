/** Text that is markup already. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | readonly (Html | string | number)[];

/** Markup from a template: what is put in is escaped, unless it is markup itself. Names of cases have hostile octets in them. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(spell)));
}

/** What is trusted to be markup: our own styles, and the charts that the library draws. */
export function raw(text: string): Html {
  return new Html(text);
}

function spell(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(spell).join("");
  return escape(String(value));
}

/** For text and for attributes in double quotes; what XML cannot hold is shown by its code. */
function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replace(
      /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g,
      (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}
