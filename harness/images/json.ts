/** A text's value; something else for what is no JSON, whose words an error would repeat. */
export function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
  } catch {
    return otherwise;
  }
}
