import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fillConfig, filesNamed, loadConfig, type PlaceholderValue } from "../../harness/envoy/index.js";
import { withAdmin } from "../../harness/envoy/config.js";
import { temporaryFolder } from "./envoy-support.js";

const fill = (text: string, values: Record<string, PlaceholderValue> = {}): unknown =>
  parse(fillConfig(text, "t.yaml", values).yaml);

describe("placeholders", () => {
  it("take numbers and booleans where they are a whole plain scalar, in block and flow style", () => {
    expect(fill("a: ${P}\nb: {c: ${P}, d: [${P}, ${B}]}\n", { P: 80, B: true })).toEqual({
      a: 80,
      b: { c: 80, d: [80, true] },
    });
  });

  it("are text in quotes and inside of text", () => {
    expect(fill("a: \"${P}\"\nb: '${P}'\nc: x-${P}-${Q}\n", { P: 80, Q: "y" })).toEqual({
      a: "80",
      b: "80",
      c: "x-80-y",
    });
  });

  it("stay text when a plain value would read as something else", () => {
    for (const text of [
      "yes",
      "no",
      "on",
      "~",
      "null",
      "010",
      "1e3",
      "0x1f",
      "true",
      "",
      "- a",
      "a: b",
      "# a",
      "*a",
    ]) {
      const { yaml } = fillConfig("a: ${X}\n", "t.yaml", { X: text });
      expect(yaml).toBe(`a: ${JSON.stringify(text)}\n`);
    }
  });

  it("cannot change the structure, whatever the value", () => {
    const template = 'a: ${X}\nb: {c: "<${X}>", d: \'${X}\'}\ne: |\n  {"f": "${X}"}\n';
    const property = fc.property(fc.string({ unit: "binary", minLength: 0, maxLength: 30 }), (value) => {
      fc.pre(!/[\uD800-\uDFFF]|\r/.test(value));
      const text = `{"f": "${value}"}\n`;
      expect(fill(template, { X: value })).toMatchObject({
        a: value,
        b: { c: `<${value}>`, d: value },
        e: text,
      });
    });
    fc.assert(property, { seed: 20, numRuns: 300 });
  });

  it("take values that look like what stands for a placeholder while the text is parsed", () => {
    const value = "\uE000\uE100\uE100";
    expect(fill("a: ${X}\nb: ${Y} # ${X}\n", { X: value, Y: 2 })).toEqual({ a: value, b: 2 });
  });

  it("can be keys", () => {
    expect(fill("${K}: 1\n", { K: "a: b" })).toEqual({ "a: b": 1 });
  });

  it("without a value are an error that names file, line and column", () => {
    const text = "# ${COMMENT}\na: 1\nb: {c: ${KNOWN}, d: ${UNKNOWN}}\n";
    expect(() => fillConfig(text, "dir/t.yaml", { KNOWN: 1 })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: "dir/t.yaml:3:21: no value for ${UNKNOWN}",
        hint: "given: KNOWN; write $${UNKNOWN} for the text itself",
      }),
    );
  });

  it("are found on their own line within a block of text", () => {
    expect(() => fillConfig("a: |\n  one\n  two ${X}\n", "t.yaml")).toThrow("t.yaml:3:7: no value for ${X}");
  });

  it("do not take inherited names for values", () => {
    expect(() => fillConfig("a: ${constructor}\n", "t.yaml")).toThrow("no value for ${constructor}");
  });

  it("are left alone in comments and when escaped", () => {
    const { yaml } = fillConfig('# ${A}\n\n# ${B}\na: "$${X} ${X}" # ${C}\n# ${D}\n', "t.yaml", { X: "$&" });
    expect(yaml).toBe('# ${A}\n\n# ${B}\na: "${X} $&" # ${C}\n\n# ${D}\n');
  });

  it("are told apart however many there are", () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `N${index}`);
    const values = Object.fromEntries(names.map((name, index) => [name, index]));
    const text = names.map((name) => `- \${${name}}\n`).join("");
    expect(fill(text, values)).toEqual(Object.values(values));
  });

  it("that the template mentions are known afterwards", () => {
    expect([...fillConfig("a: ${X}\n", "t.yaml", { X: 1, Y: 2 }).used]).toEqual(["X"]);
  });
});

describe("a config file", () => {
  it("that is not YAML is an error that names the place", () => {
    expect(() => fillConfig("a: 1\nb: [1,\nc: 2\n", "t.yaml")).toThrow(/^t\.yaml:\d:\d+: /);
  });

  it("that is missing is wrong usage", async () => {
    await expect(loadConfig("/nonexistent/t.yaml")).rejects.toMatchObject({
      exitCode: 2,
      message: "/nonexistent/t.yaml: no such file",
    });
  });

  it("is loaded with its values", async () => {
    const file = join(await temporaryFolder(), "t.yaml");
    await writeFile(file, "a: ${X}\n");
    expect(await loadConfig(file, { X: 1 })).toBe("a: 1\n");
  });

  it("gets an admin interface on a free port only if it has none", () => {
    const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
    expect(parse(withAdmin("node: {id: a}\n"))).toEqual({ node: { id: "a" }, admin });
    expect(withAdmin("admin: {}\n")).toBe("admin: {}\n");
  });

  it("names its files", () => {
    const yaml = "a: {filename: x.wasm}\nb: [{filename: /y.pem}, {filename: x.wasm}]\nc: {name: z}\n";
    expect(filesNamed(yaml)).toEqual(["x.wasm", "/y.pem"]);
  });
});
