import { InvalidArgumentError, Option, type Command } from "commander";
import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { ExitCode, HarnessError } from "../errors.js";
import { fileTrouble } from "../file-error.js";
import {
  clusterNamer,
  customResourceDefinition,
  jsonSchema,
  keysProblem,
  makePlan,
  PATH_NORMALIZATIONS,
  remarkText,
  render,
  SecureIngressPolicy,
  TARGETS,
  workloadOf,
  type Journal,
  type PathNormalization,
  type Target,
  type Upstream,
} from "../generate/index.js";
import { readImageList } from "../images/image-list.js";
import { Progress } from "../progress.js";
import { readValidResources } from "../resources/index.js";

interface GenerateOptions {
  file?: string[];
  target: Target;
  namespace?: string;
  workload?: string;
  labels: Record<string, string>;
  gateway?: string | true;
  rootNamespace: string;
  trustDomain: string;
  trustDomainAlias: string[];
  mode: "strict" | "envoy";
  pathNormalization: PathNormalization;
  remoteIsDirect?: true;
  jwks: Record<string, string>;
  allowPartial?: true;
  explain?: true;
  upstream?: Upstream;
  try?: true;
  listen?: string;
  modules: string;
  tls?: string;
  trustedCa: string;
  adminPort: number;
  images?: string;
  imagePullSecret?: string;
  failStrategy: "FAIL_CLOSE" | "FAIL_RELOAD";
  printSchema?: "json" | "crd";
}

/** Adds `tremula generate` to the program. */
export function register(program: Command): void {
  program
    .command("generate")
    .summary("configuration from Istio's resources")
    .description(
      "Turns Istio's security and telemetry resources, Services, and SecureIngressPolicies into the filters' configuration for " +
        "one workload, and writes what loads it.",
    )
    .option("-f, --file <paths...>", "files and folders with resources; - for standard input")
    .addOption(new Option("--target <target>", "what to write").choices(TARGETS).default("envoy"))
    .option(
      "--namespace <name>",
      "namespace of the workload, and of resources without one (default)",
      namespaceName,
    )
    .option("--workload <name>", "Deployment, StatefulSet, DaemonSet or Pod whose labels the workload has")
    .option("--labels <a=b,...>", "labels of the workload", labels, {})
    .option("--gateway [name]", "the workload is a gateway, and serves the Gateway of that name")
    .option("--root-namespace <name>", "Istio's root namespace", namespaceName, "istio-system")
    .option("--trust-domain <domain>", "the mesh's trust domain", "cluster.local")
    .option("--trust-domain-alias <domain>", "a name that it had; may be repeated", collect, [])
    .addOption(
      new Option("--mode <mode>", "how the filters decide where Envoy's own are lax")
        .choices(["strict", "envoy"])
        .default("strict"),
    )
    .addOption(
      new Option(
        "--path-normalization <how>",
        "what the mesh does with paths; what to do with --target envoy",
      )
        .choices(PATH_NORMALIZATIONS)
        .default("BASE"),
    )
    .option("--remote-is-direct", "nothing in front takes clients' addresses from headers")
    .option("--jwks <uri=file>", "keys to use in place of an address; may be repeated", pair, {})
    .option("--allow-partial", "generate although not all can be enforced exactly, and list what cannot")
    .option("--explain", "print which resource decided what, on standard error")
    .option("--upstream <host[:port]>", "envoy: where to pass on what is let through", upstream)
    .option("--try", "envoy: answer what is let through, instead of passing it on")
    .option("--listen <address>", "envoy: address to listen on (0.0.0.0, with --try 127.0.0.1)")
    .option("--modules <folder>", "envoy: folder with the filters' modules", "build")
    .option("--tls <folder>", "envoy: folder with cert-chain.pem, key.pem and root-cert.pem for mutual TLS")
    .option(
      "--trusted-ca <file>",
      "envoy: authorities that servers with keys are known by",
      "/etc/ssl/certs/ca-certificates.crt",
    )
    .option("--admin-port <port>", "envoy: port of the admin interface", port, 9901)
    .option("--images <file>", "where the filters' images are, as `tremula push --images` writes it")
    .option("--image-pull-secret <name>", "secret for their registry")
    .addOption(
      new Option("--fail-strategy <strategy>", "what Istio does while a filter that decides cannot run")
        .choices(["FAIL_CLOSE", "FAIL_RELOAD"])
        .default("FAIL_CLOSE"),
    )
    .addOption(
      new Option("--print-schema <form>", "print the schema of SecureIngressPolicy instead").choices([
        "json",
        "crd",
      ]),
    )
    .action((options: GenerateOptions) => generate(options));
}

/** `app=orders,version=v1` */
function labels(text: string, previous: Record<string, string>): Record<string, string> {
  const pairs = text.split(",").map((one) => one.split("="));
  if (pairs.some((parts) => parts.length !== 2 || parts[0] === "")) {
    throw new InvalidArgumentError("Expected NAME=VALUE,…");
  }
  return { ...previous, ...(Object.fromEntries(pairs) as Record<string, string>) };
}

/** RFC 1123's label, as Kubernetes wants it. */
function namespaceName(text: string): string {
  if (/^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("Expected the name of a namespace.");
}

function collect(text: string, previous: string[]): string[] {
  return [...previous, text];
}

/** The file's name comes last: an address may have `=` in it. */
function pair(text: string, previous: Record<string, string>): Record<string, string> {
  const at = text.lastIndexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Expected URI=FILE.");
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

function upstream(text: string): Upstream {
  const [, host, digits] = /^(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) throw new InvalidArgumentError("Expected HOST or HOST:PORT.");
  if (digits !== undefined && Number(digits) === 0)
    throw new InvalidArgumentError("Nobody listens at port 0.");
  return { host, port: digits === undefined ? null : port(digits) };
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError("Expected a port.");
  return Number(text);
}

async function generate(options: GenerateOptions): Promise<void> {
  if (options.printSchema !== undefined) return printSchema(options.printSchema);
  const { file, target, namespace } = options;
  if (file === undefined) throw usage("nothing to read", "name files or folders with -f");
  if (target === "envoy" && (options.upstream === undefined) === (options.try === undefined)) {
    throw usage(
      "where do requests go that are let through?",
      "--upstream HOST[:PORT] passes them on, --try answers them",
    );
  }
  const resources = await readValidResources(file, {
    kinds: [SecureIngressPolicy],
    progress: new Progress(),
    ...(namespace !== undefined && { namespace }),
  });
  const workload = workloadOf(resources, {
    name: options.workload ?? null,
    namespace: namespace ?? null,
    labels: options.labels,
    rootNamespace: options.rootNamespace,
    trustDomain: options.trustDomain,
    aliases: options.trustDomainAlias,
    gateway: options.gateway === true ? "" : (options.gateway ?? null),
  });
  const plan = makePlan(resources, {
    workload,
    mode: options.mode,
    keys: await readKeys(options.jwks),
    nameCluster: clusterNamer(target),
    remoteIsDirect: options.remoteIsDirect === true,
    isGateway: options.gateway !== undefined,
  });
  const { modules, tls = null, trustedCa, adminPort, failStrategy, pathNormalization } = options;
  const text = render(plan, target, {
    allowPartial: options.allowPartial === true,
    upstream: options.upstream ?? null,
    listen: options.listen ?? (options.try ? "127.0.0.1" : "0.0.0.0"),
    moduleFile: (filter) => `${modules.replace(/\/$/, "")}/${filter}.wasm`,
    pathNormalization,
    tls,
    trustedCa,
    adminPort,
    images: options.images === undefined ? {} : await readImageList(options.images),
    failStrategy,
    imagePullSecret: options.imagePullSecret ?? null,
  });
  process.stdout.write(text);
  say(plan.journal, options.explain === true);
}

async function readKeys(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const entries = Object.entries(files).map(async ([uri, file]) => {
    const text = await readFile(file, "utf8").catch((cause: unknown) => {
      throw unreadable(`${file}: ${fileTrouble(cause)}`, cause);
    });
    const problem = keysProblem(text);
    if (problem !== null) throw unreadable(`${file} ${problem}`);
    // On one line, as it becomes a text in JSON.
    return [uri, JSON.stringify(JSON.parse(text))] as const;
  });
  return new Map(await Promise.all(entries));
}

function unreadable(message: string, cause?: unknown): HarnessError {
  return new HarnessError("JWKS_UNREADABLE", message, { exitCode: ExitCode.usage, cause });
}

/** Standard output is for what was generated. */
function say(journal: Journal, explains: boolean): void {
  if (explains) {
    process.stderr.write(journal.explain());
    return;
  }
  const { inexact, remarks } = journal;
  for (const remark of inexact) process.stderr.write(`not exact: ${remarkText(remark).trim()}\n`);
  for (const remark of remarks) process.stderr.write(`note: ${remarkText(remark).trim()}\n`);
}

function printSchema(form: "json" | "crd"): void {
  const text =
    form === "json"
      ? `${JSON.stringify(jsonSchema(), null, 2)}\n`
      : stringify(customResourceDefinition(), { lineWidth: 0 });
  process.stdout.write(text);
}

function usage(message: string, hint: string): HarnessError {
  return new HarnessError("USAGE", message, { exitCode: ExitCode.usage, hint });
}
