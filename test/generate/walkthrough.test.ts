import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitForCounter } from "../../harness/envoy/index.js";
import { Rig } from "./rig.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GUIDE = readFileSync(`${ROOT}/docs/generate.md`, "utf8");
const TOKENS = Object.fromEntries(
  readFileSync(`${ROOT}/examples/resources/tokens.env`, "utf8")
    .split("\n")
    .flatMap((line) => (/^\w+=/.test(line) ? [line.split("=") as [string, string]] : [])),
);

/** What the guide has a reader type, with the file that it makes. */
const commands = [...GUIDE.matchAll(/^npx tremula (generate .*) > (\w+)\.yaml$/gm)].filter(
  ([, , name]) => name !== "filters",
);
/** `curl` with its arguments, and the status that the guide promises. */
const requests = [...GUIDE.matchAll(/^curl -i (.*?) +# (\d{3})(?:,.*)?$/gm)].map(([, line, status]) => {
  const args = [...line!.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) =>
    double === undefined
      ? (single ?? plain!)
      : double.replace(/\$\{?(\w+)\}?/g, (_, name: string) => TOKENS[name]!),
  );
  return { line: line!, args, status: Number(status) };
});

/** What curl makes of its arguments, so far as the guide uses them. */
function requestOf(args: readonly string[]) {
  const headers: Record<string, string> = {};
  let method = "GET";
  let url = "";
  for (let i = 0; i < args.length; i++) {
    const [arg, next = ""] = [args[i]!, args[i + 1]];
    if (arg === "-H")
      headers[next.slice(0, next.indexOf(":")).toLowerCase()] = next.slice(next.indexOf(":") + 2);
    else if (arg === "-A") headers["user-agent"] = next;
    else if (arg === "-X") method = next;
    else if (arg !== "--path-as-is") url = arg;
    if (/^-[HAX]$/.test(arg)) i++;
  }
  const [, port, path] = /^localhost:(\d+)(\/.*)$/.exec(url)!;
  return { port: port!, path: path!, headers, method };
}

let rig: Rig;
const names: Readonly<Record<string, string>> = { "8080": "orders", "10000": "gateway" };

beforeAll(async () => {
  const configs = commands.map(([, line, name]) => {
    const args = ["dist/harness/cli.js", ...line!.split(" ")];
    return [name!, execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" })] as const;
  });
  rig = await Rig.start(Object.fromEntries(configs));
});

afterAll(() => rig?.stop());

describe("the guide", () => {
  test("has two configurations and what to ask them", () => {
    expect(commands.map(([, , name]) => name)).toEqual(["orders", "gateway"]);
    expect(requests.length).toBe(15);
  });

  test.for(requests)("$line: $status", async ({ args, status }) => {
    const { port, path, headers, method } = requestOf(args);
    expect(await rig.ask(names[port]!, path, headers, method)).toBe(status);
  });

  test("says that what is on trial is counted", async () => {
    const counter = "wasmcustom.rbac.istio_dry_run_deny_.shadow_denied";
    await waitForCounter(rig.envoy.admin, counter, (count) => count === 1, "one request on trial");
  });
});
