import { z } from "zod";
import type { Credentials } from "./credentials.js";
import { registryError } from "./registry-error.js";

/** A challenge of `www-authenticate` (RFC 9110 section 11.6.1). */
interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * The value of `authorization` that answers a registry's challenge: Basic from credentials, Bearer from the token server that
 * the registry names (the distribution project's token specification). Null when there is no way to answer.
 */
export async function answerChallenge(
  header: string,
  credentials: Credentials | null,
  scope: string,
): Promise<string | null> {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer?.parameters.realm !== undefined) return `Bearer ${await fetchToken(bearer, credentials, scope)}`;
  if (credentials !== null && challenges.some(({ scheme }) => scheme === "basic")) return basic(credentials);
  return null;
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function fetchToken(
  { parameters }: Challenge,
  credentials: Credentials | null,
  scope: string,
): Promise<string> {
  const url = new URL(parameters.realm ?? "");
  const fields = { service: parameters.service ?? "", scope: parameters.scope ?? scope };
  const refresh = credentials?.identityToken;
  const response =
    refresh === undefined
      ? await fetch(withQuery(url, fields), {
          headers: credentials === null ? {} : { authorization: basic(credentials) },
        })
      : await fetch(url, {
          method: "POST",
          body: new URLSearchParams({
            ...fields,
            grant_type: "refresh_token",
            client_id: "tremula",
            refresh_token: refresh,
          }),
        });
  if (!response.ok) throw await registryError(response, `asking ${url.host} for a token`);
  const { token, access_token } = TokenAnswer.parse(await response.json());
  const granted = token ?? access_token;
  if (granted === undefined) throw new Error(`${url.host} granted no token`);
  return granted;
}

function withQuery(url: URL, fields: Readonly<Record<string, string>>): URL {
  const result = new URL(url);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== "") result.searchParams.set(name, value);
  }
  return result;
}

/** Reads `Bearer realm="…",service="…", Basic realm="…"`. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const parts = header.matchAll(
    /(?<name>[\w-]+)(?:\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s,"]+)))?/g,
  );
  for (const { groups = {} } of parts) {
    const { name = "", quoted, bare } = groups;
    if (quoted === undefined && bare === undefined)
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else {
      const current = challenges.at(-1);
      if (current) current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
    }
  }
  return challenges;
}
