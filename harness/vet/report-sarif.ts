import { sep } from "node:path";
import { pathText } from "../resources/index.js";
import type { Finding, Severity } from "./finding.js";
import { RULES, type VetResult } from "./vet.js";

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

/**
 * The report as SARIF 2.1.0, which code hosts show beside the lines it is about.
 *
 * @param version of this tool
 */
export function sarifReport(result: VetResult, version: string): unknown {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "tremula vet",
            version,
            rules: RULES.map(({ id, title, why, severity, istio }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: why },
              defaultConfiguration: { level: LEVELS[severity] },
              ...(istio !== undefined && { properties: { istio } }),
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          ...result.findings.map((finding) => resultOf(finding)),
          ...result.suppressed.map((finding) => ({
            ...resultOf(finding),
            suppressions: [{ kind: "inSource", justification: "vet-ignore" }],
          })),
        ],
      },
    ],
  };
}

function resultOf({ id, severity, message, fix, position, object, path, edit }: Finding) {
  return {
    ruleId: id,
    ruleIndex: RULES.findIndex((rule) => rule.id === id),
    level: LEVELS[severity],
    message: { text: `${object}: ${message}. To fix: ${fix}.` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(position.file) },
          region: { startLine: position.line, startColumn: position.column },
        },
        logicalLocations: [
          { fullyQualifiedName: [object, pathText(path)].filter((part) => part !== "").join(" ") },
        ],
      },
    ],
    ...(edit && {
      fixes: [
        {
          description: { text: fix },
          artifactChanges: [
            {
              artifactLocation: { uri: uriOf(edit.file) },
              replacements: [
                {
                  deletedRegion: { charOffset: edit.offset, charLength: 0 },
                  insertedContent: { text: edit.text },
                },
              ],
            },
          ],
        },
      ],
    }),
  };
}

/** A relative reference where the file was given by a relative path, as code hosts want it. */
function uriOf(file: string): string {
  if (file.startsWith("<")) return file.slice(1, -1);
  return file.split(sep).map(encodeURIComponent).join("/").replace(/^\.\//, "");
}
