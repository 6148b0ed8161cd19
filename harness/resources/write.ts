import { Document, isNode } from "yaml";

/**
 * A value as YAML that Kubernetes reads as it was meant: what YAML 1.1 takes for a boolean, a date or a number, such as `n`,
 * `on` or `012`, is quoted where it is text.
 *
 * @param comment goes above the document
 */
export function toYaml(value: unknown, comment?: string): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  if (comment !== undefined && isNode(document.contents))
    document.contents.commentBefore = comment
      .split("\n")
      .map((line) => ` ${line}`)
      .join("\n");
  return document.toString({ lineWidth: 0 });
}
