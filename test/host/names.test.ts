import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { compile } from "../../harness/build/compile.js";
import { ROOT } from "./support.js";

// What is written about the SDK is there: a comment for every public name, every link of the guides, every example of JSON.

const INDEX = join(ROOT, "assembly/index.ts");

/** Public names, and the files that they come from. */
function publicNames(): [name: string, file: string][] {
  const names: [string, string][] = [];
  for (const statement of parse(INDEX).statements) {
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier) continue;
    const file = resolve(dirname(INDEX), `${(statement.moduleSpecifier as ts.StringLiteral).text}.ts`);
    const clause = statement.exportClause as ts.NamedExports;
    for (const element of clause.elements) names.push([(element.propertyName ?? element.name).text, file]);
  }
  return names;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
}

/** The declaration of a name, in its file or in the one that this one has it from. */
function declarationOf(name: string, file: string): ts.Statement | undefined {
  const source = parse(file);
  const own = source.statements.find(
    (statement) => "name" in statement && (statement.name as ts.Identifier | undefined)?.text === name,
  );
  if (own) return own;
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    if (!bindings.elements.some((element) => element.name.text === name)) continue;
    return declarationOf(
      name,
      resolve(dirname(file), `${(statement.moduleSpecifier as ts.StringLiteral).text}.ts`),
    );
  }
  return undefined;
}

/** What is said of a name, or of the class that it extends. */
function commentOf(name: string, file: string): string {
  const declaration = declarationOf(name, file);
  if (!declaration) return "";
  const comment = ts.getJSDocCommentsAndTags(declaration).find(ts.isJSDoc);
  if (comment) return ts.getTextOfJSDocComment(comment.comment) ?? comment.getText();
  const base = ts.isClassDeclaration(declaration)
    ? declaration.heritageClauses?.[0]?.types[0]?.expression.getText()
    : undefined;
  return base === undefined ? "" : commentOf(base, file);
}

it.each(publicNames())("%s has a comment", (name, file) => {
  expect(commentOf(name, file)).not.toBe("");
});

it.each([
  "Context",
  "HttpContext",
  "TcpContext",
  "PluginContext",
  "HttpCall",
  "GrpcCallout",
  "GrpcStream",
  "Callout",
])("what %s has for the SDK alone has a name that no author would take, and no page", (name) => {
  const file = publicNames().find(([known]) => known === name)![1];
  const declaration = declarationOf(name, file) as ts.ClassDeclaration;
  for (const member of declaration.members) {
    const text = member.getText();
    const own = member.name?.getText() ?? "";
    const isInternal = ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal");
    const isPrivate = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;
    // Neither private members nor the SDK's own may be in an author's way.
    if (isInternal || isPrivate) expect(own, text).toMatch(/^_/);
    if (own.startsWith("_")) expect(isInternal || isPrivate, text).toBe(true);
  }
});

const guides = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));

it.each(guides)("links of docs/%s lead somewhere", (guide) => {
  const text = readFileSync(join(ROOT, "docs", guide), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !existsSync(join(ROOT, "docs", link)))).toEqual([]);
});

it("every capability is offered, or said to be not, with its case", () => {
  const text = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8");
  const table = text.slice(text.indexOf("| capability"));
  const rows = [...table.matchAll(/^\| (\S.*?) *\|.*\| (.*?) *\|$/gm)]
    .slice(1)
    .filter(([, name]) => !/^-+$/.test(name!));
  expect(rows.length).toBeGreaterThan(30);
  for (const [, name, ours] of rows) expect(ours, name).toMatch(/\]\(|^`|^no: /);
});

it("the examples of docs/json.md compile", async () => {
  const text = readFileSync(join(ROOT, "docs/json.md"), "utf8");
  const [configuration, claims] = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const [onConfigure, ruleOf] = configuration!.split(/^(?=function )/m);
  const [declaration, use] = claims!.split("\n\n");
  const source = `export * from "tremula/assembly/proxy";
import { Bytes, HttpContext, JsonDocument, JsonObject, JsonReader, logError, PluginContext, registerPlugin } from "tremula/assembly";
class Rule { constructor(readonly text: Bytes) {} }
class Prefix extends Rule {}
class Exact extends Rule {}
${declaration}
class Stream extends HttpContext {
  onDone(): void { this.judge(Bytes.EMPTY, 0); }
  deny<T>(why: T): bool { return Bytes.of<T>(why).isEmpty; }
  allow(): bool { return true; }
  judge(payload: Bytes, now: i64): bool { ${use} return false; }
}
class Plugin extends PluginContext {
  header: Bytes = Bytes.EMPTY;
  timeout: u64 = 0;
  mode: i32 = 0;
  rules: Array<Rule> = [];
  createHttpContext(): HttpContext { return new Stream(); }
  ${onConfigure}
}
${ruleOf}
registerPlugin(() => new Plugin());
`;
  await mkdir(join(ROOT, "build"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, "build/docs-json-"));
  try {
    const entry = join(folder, "index.ts");
    await writeFile(entry, source);
    await expect(compile({ entry, outFile: join(folder, "json.wasm") })).resolves.toBeDefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
