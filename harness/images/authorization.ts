import { z } from "zod";
import type { Credentials } from "./credentials.js";
import { readBody } from "./body.js";
import { jsonOr } from "./json.js";
import { lead } from "./lead.js";
import { refusal } from "./refusal.js";
import { registryError } from "./registry-error.js";
import { send } from "./send.js";

const LONGEST_ANSWER = 1024 * 1024;
/** What a header can hold. */
const TOKEN = /^[\x21-\x7e]+$/;

/** A challenge of `www-authenticate` (RFC 9110 section 11.6.1). */
interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TokenAnswer = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
});

/** A registry, and what it is to be asked for. */
export interface Asked {
  readonly registry: URL;
  readonly scope: string;
  readonly patienceMs: number;
}

/**
 * The value of `authorization` that answers a registry's challenge: Basic from credentials, Bearer from the token server that
 * the registry names (the distribution project's token specification). Null when there is no way to answer.
 */
export async function answerChallenge(
  header: string,
  credentials: Credentials | null,
  asked: Asked,
): Promise<string | null> {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer?.parameters.realm !== undefined) return `Bearer ${await fetchToken(bearer, credentials, asked)}`;
  if (credentials !== null && challenges.some(({ scheme }) => scheme === "basic")) return basic(credentials);
  return null;
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function fetchToken(
  { parameters }: Challenge,
  credentials: Credentials | null,
  { registry, scope, patienceMs }: Asked,
): Promise<string> {
  const wanted = `asking ${registry.host} where tokens are`;
  const url = await lead(registry, parameters.realm ?? "", wanted);
  const fields = { service: parameters.service ?? "", scope: parameters.scope ?? scope };
  const refresh = credentials?.identityToken;
  const doing = `asking ${url.host} for a token`;
  const authorize = ({ origin }: URL) =>
    credentials === null || refresh !== undefined || origin !== url.origin ? null : basic(credentials);
  const response =
    refresh === undefined
      ? await send(withQuery(url, fields), {}, { doing, patienceMs, authorize })
      : await send(
          url,
          {
            method: "POST",
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: new URLSearchParams({
              ...fields,
              grant_type: "refresh_token",
              client_id: "tremula",
              refresh_token: refresh,
            }).toString(),
          },
          { doing, patienceMs, authorize, isSecret: true },
        );
  if (!response.ok) throw await registryError(response, doing);
  const bytes = await readBody(response, { limit: LONGEST_ANSWER, doing, patienceMs });
  const granted = tokenIn(Buffer.from(bytes).toString());
  if (granted === null) throw refusal(doing, `${url.host} granted no token`);
  return granted;
}

/** Null for what no header could hold, and for what is no answer at all; its words may be secret. */
function tokenIn(text: string): string | null {
  const { data } = TokenAnswer.safeParse(jsonOr(text, null));
  const granted = data?.token ?? data?.access_token ?? "";
  return TOKEN.test(granted) ? granted : null;
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
