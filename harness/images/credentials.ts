import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { homeFolder } from "../home.js";
import { jsonOr } from "./json.js";

/** What a registry is told. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** An OAuth2 refresh token, instead of the two. */
  readonly identityToken?: string;
}

const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

/**
 * What `docker login` or a Kubernetes pull secret left for a registry: `config.json` in DOCKER_CONFIG or ~/.docker, with
 * its credential helpers. Null when there is nothing for it.
 */
export async function dockerCredentials(registry: string): Promise<Credentials | null> {
  const folder = process.env.DOCKER_CONFIG || join(homeFolder(), ".docker");
  const file = join(folder, "config.json");
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const config = parse(file, text);
  const names = namesOf(registry);
  const helper = names.map((name) => config.credHelpers[name]).find((found) => found !== undefined);
  if (helper !== undefined) return fromHelper(helper, registry);
  const entry = names.map((name) => config.auths[name]).find((found) => found !== undefined);
  if (entry !== undefined) {
    const plain = entry.auth === undefined ? "" : Buffer.from(entry.auth, "base64").toString();
    const colon = plain.indexOf(":");
    const username = entry.username ?? plain.slice(0, Math.max(colon, 0));
    const password = entry.password ?? plain.slice(colon + 1);
    const identityToken = entry.identitytoken;
    if (username !== "" || identityToken !== undefined) {
      return { username, password, ...(identityToken === undefined ? {} : { identityToken }) };
    }
  }
  return config.credsStore === undefined ? null : fromHelper(config.credsStore, registry);
}

/** What is wrong is not repeated: it may be half of a password. */
function parse(file: string, text: string): z.infer<typeof DockerConfig> {
  const { data, error } = DockerConfig.safeParse(jsonOr(text, undefined));
  if (data !== undefined) return data;
  const where = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new HarnessError("CREDENTIALS_UNREADABLE", `${file} is not a Docker configuration: ${where}`, {
    exitCode: ExitCode.environment,
  });
}

/** The keys under which Docker keeps a registry. */
function namesOf(registry: string): string[] {
  const names = [
    registry,
    `https://${registry}`,
    `https://${registry}/`,
    `https://${registry}/v1/`,
    `http://${registry}`,
  ];
  return registry === "docker.io" ? [...names, "https://index.docker.io/v1/", "index.docker.io"] : names;
}

const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** A credential helper's protocol: the registry on standard input, JSON on standard output. */
async function fromHelper(name: string, registry: string): Promise<Credentials | null> {
  const output = await new Promise<string | null>((resolve) => {
    const child = execFile(`docker-credential-${name}`, ["get"], { timeout: 30_000 }, (error, stdout) => {
      resolve(error === null ? stdout : null);
    });
    child.stdin?.on("error", () => undefined).end(registry);
  });
  if (output === null) return null;
  const { data } = HelperAnswer.safeParse(jsonOr(output, null));
  if (data === undefined) {
    throw new HarnessError(
      "CREDENTIALS_UNREADABLE",
      `docker-credential-${name} does not answer as such helpers do`,
      {
        exitCode: ExitCode.environment,
      },
    );
  }
  const { Username, Secret } = data;
  // The helpers' mark of a refresh token.
  if (Username === "<token>") return { username: "", password: "", identityToken: Secret };
  return { username: Username, password: Secret };
}
