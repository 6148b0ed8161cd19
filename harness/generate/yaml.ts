import { Document, isScalar, visit } from "yaml";
import type { JsonObject } from "./json.js";

/**
 * An object as YAML for people: texts of several lines as they are, and lists of numbers or words on one line. Words are quoted
 * that YAML 1.1 takes for something else, such as `on`, for so do Kubernetes and Envoy.
 */
export function yamlOf(object: JsonObject): string {
  const document = new Document(object, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ lineWidth: 0, blockQuote: "literal", flowCollectionPadding: false });
}
