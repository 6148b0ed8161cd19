import { type Jwk, type Key, Keys } from "./keys.js";
import type {
  JwksAnswerDefinition,
  JwksDefinition,
  JwksScriptDefinition,
  KeyDefinition,
  TokenDefinition,
} from "./material-schema.js";
import { JwksPlan, type JwksAnswer } from "../upstream/jwks-plan.js";
import { mintToken, type Token } from "./tokens.js";

/** What the names of a case stand for. */
export interface Definitions {
  readonly keys?: Readonly<Record<string, KeyDefinition>> | undefined;
  readonly tokens?: Readonly<Record<string, TokenDefinition>> | undefined;
  readonly jwks?: Readonly<Record<string, JwksDefinition>> | undefined;
  readonly jwksServer?: JwksScriptDefinition | undefined;
}

/** What depends on where the case runs. */
export interface Surroundings {
  /** Unix time in seconds. */
  readonly now: number;
  /** Names of clusters by what a case calls them. */
  readonly clusters: Readonly<Record<string, string>>;
  readonly statPrefix: string;
}

const NAME =
  /\$\{(?:(token|header|payload|signature|padded|claims|jwks|jwk|pem|cluster|repeat):([^{}\n]+)|now(?:([+-]\d+))?|(statPrefix))\}/g;

/**
 * Fills in `${token:good}`, `${jwks:main}` and the like. Keys, key sets and tokens are made when they are first asked for; a
 * token stays the same for as long as this object lives, which is one run of a case.
 */
export class Names {
  readonly keys: Keys;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(
    private readonly definitions: Definitions,
    private readonly around: Surroundings,
  ) {
    this.keys = new Keys(definitions.keys ?? {});
  }

  token(name: string): Promise<Token> {
    const token =
      this.#tokens.get(name) ??
      mintToken(name, {
        definitions: this.definitions.tokens ?? {},
        keys: this.keys,
        now: this.around.now,
        fill: (value) => this.fill(value),
      });
    this.#tokens.set(name, token);
    return token;
  }

  /** The value with every name in its strings, and in the names of its members, filled in. */
  async fill<T>(value: T): Promise<T> {
    const found = new Map<string, string>();
    for (const match of textOf(value).matchAll(NAME)) {
      if (!found.has(match[0])) found.set(match[0], await this.#meaning(match));
    }
    if (found.size === 0) return value;
    const text = (one: string): string => one.replace(NAME, (name) => found.get(name) ?? name);
    return replaced(value, text) as T;
  }

  /** The answers of the case's JWKS server. */
  async plan(): Promise<JwksPlan> {
    const script = new Map<string, readonly JwksAnswer[]>();
    for (const name of Object.keys(this.definitions.jwks ?? {})) {
      script.set(`/${name}`, [await this.#answer({ ...PLAIN, jwks: name })]);
    }
    for (const [path, answers] of Object.entries(this.definitions.jwksServer ?? {})) {
      script.set(path, await Promise.all(answers.map((answer) => this.#answer(answer))));
    }
    return new JwksPlan(script);
  }

  async #answer({ jwks, body, huge, ...rest }: JwksAnswerDefinition): Promise<JwksAnswer> {
    const text = jwks !== undefined ? await this.#keySet(jwks) : await this.fill(body ?? "");
    return {
      ...rest,
      headers: await this.fill(rest.headers),
      body: huge === undefined ? Buffer.from(text) : filler(huge),
    };
  }

  async #meaning([whole, kind, name = "", plus, statPrefix]: RegExpMatchArray): Promise<string> {
    if (statPrefix !== undefined) return this.around.statPrefix;
    switch (kind) {
      case undefined:
        return String(this.around.now + Number(plus ?? 0));
      case "jwks":
        return this.#keySet(name);
      case "jwk":
      case "pem":
        return this.#key(kind, name);
      case "cluster": {
        const cluster = this.around.clusters[name];
        if (cluster === undefined) throw new Error(`${whole}: there is no such cluster`);
        return cluster;
      }
      case "repeat": {
        const star = name.lastIndexOf("*");
        return name.slice(0, star).repeat(Number(name.slice(star + 1)));
      }
      default:
        return tokenPart(kind, await this.token(name));
    }
  }

  async #key(kind: "jwk" | "pem", name: string): Promise<string> {
    const [own = "", member] = name.split(".");
    const key = await this.keys.get(own);
    if (kind === "pem") return String(key.verifying?.export({ format: "pem", type: "spki" }) ?? "");
    return member === undefined ? JSON.stringify(key.publicJwk) : String(key.publicJwk[member]);
  }

  async #keySet(name: string): Promise<string> {
    const set = this.definitions.jwks?.[name];
    if (set === undefined) {
      const names = Object.keys(this.definitions.jwks ?? {}).join(", ");
      throw new Error(`there is no key set ${name}; there are: ${names || "none"}`);
    }
    if (typeof set === "string") return this.fill(set);
    const { keys, private: known = [], more = {} } = Array.isArray(set) ? { keys: set } : set;
    const jwk = async (one: string | Jwk): Promise<Jwk> => {
      if (typeof one !== "string") return this.fill(one);
      const key: Key = await this.keys.get(one);
      return known.includes(one) ? key.privateJwk : key.publicJwk;
    };
    return JSON.stringify({ keys: await Promise.all(keys.map(jwk)), ...(await this.fill(more)) });
  }
}

/** The prefix of a connection manager's statistics: what the case says, or its listener's name. */
export function statPrefixOf(
  { hcm }: { readonly hcm?: Record<string, unknown> | undefined },
  listener: string,
): string {
  const own = hcm?.["stat_prefix"];
  return typeof own === "string" ? own : listener;
}

/** Whether a case has to do with its JWKS server. */
export function asksForJwks(one: object): boolean {
  return textOf(one).includes("${cluster:jwks}");
}

const PLAIN = { status: 200, headers: [], delay: 0, close: false, cut: false } satisfies JwksAnswerDefinition;

function tokenPart(kind: string, token: Token): string {
  if (kind === "token") return token.text;
  if (kind === "claims") return token.claims.toString();
  if (kind === "padded") return token.payload + "=".repeat((4 - (token.payload.length % 4)) % 4);
  return token[kind as "header" | "payload" | "signature"];
}

/** A key set of so many octets, none of whose keys can be used. */
function filler(size: number): Buffer {
  const [head, tail] = ['{"keys":[],"x":"', '"}'];
  return Buffer.from(head + "x".repeat(Math.max(0, size - head.length - tail.length)) + tail);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const strings: string[] = [];
  walk(value, (one) => void (one.includes("${") && strings.push(one)));
  // Nothing spans two of them.
  return strings.join("\n");
}

function walk(value: unknown, visit: (text: string) => void): void {
  if (typeof value === "string") return visit(value);
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) Object.keys(value).forEach(visit);
  for (const one of Object.values(value)) walk(one, visit);
}

function replaced(value: unknown, text: (one: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((one) => replaced(one, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [text(name), replaced(one, text)]));
}
