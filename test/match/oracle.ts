import { connect } from "node:net";
import { type RunningEnvoy, startEnvoy } from "../../harness/envoy/index.js";

// Asks stock Envoy what its matchers say. All matchers of a test file are in one Envoy: each has a number, and only requests
// with that number in `x-case` reach it.

const TYPE = "type.googleapis.com";
const NUMBER = "x-case";
const TIMEOUT_MS = 10_000;

export type Message = Readonly<Record<string, unknown>>;
export type Header = readonly [name: string, value: string];

/** Octets as the characters of Latin-1, so that any of them can be asked for. */
export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly Header[];
}

/** A rule of jwt_authn, whose token nobody has, and a rule of RBAC that denies. */
export interface Cases {
  readonly routes?: readonly Message[];
  readonly permissions?: readonly Message[];
  readonly principals?: readonly Message[];
}

export class Oracle {
  private constructor(
    private readonly envoy: RunningEnvoy,
    private readonly ports: { readonly jwt: number; readonly rbac: number },
    private readonly permissions: number,
  ) {}

  static async start({ routes = [], permissions = [], principals = [] }: Cases): Promise<Oracle> {
    const numbered = routes.map((route, i) => ({
      ...route,
      headers: [isNumber(i), ...((route.headers as Message[] | undefined) ?? [])],
    }));
    const policies: Record<string, Message> = {};
    const pairs = [
      ...permissions.map((permission) => ({ permission, principal: { any: true } })),
      ...principals.map((principal) => ({ permission: { any: true }, principal })),
    ];
    pairs.forEach(({ permission, principal }, i) => {
      policies[i] = {
        permissions: [{ and_rules: { rules: [{ header: isNumber(i) }, permission] } }],
        principals: [principal],
      };
    });
    const rbac = {
      "@type": `${TYPE}/envoy.extensions.filters.http.rbac.v3.RBAC`,
      rules: { action: "DENY", policies },
    };
    const config = {
      static_resources: { listeners: [listener("jwt", jwtAuthn(numbered)), listener("rbac", rbac)] },
    };
    const envoy = await startEnvoy({ config: JSON.stringify(config) });
    const port = async (name: string) => (await envoy.listener(name)).port;
    return new Oracle(envoy, { jwt: await port("jwt"), rbac: await port("rbac") }, permissions.length);
  }

  stop(): Promise<unknown> {
    return this.envoy.stop();
  }

  /** Whether a rule of jwt_authn matches. */
  route(index: number, question: Question): Promise<boolean> {
    return this.isMatch(this.ports.jwt, index, question, 401);
  }

  permission(index: number, question: Question): Promise<boolean> {
    return this.isMatch(this.ports.rbac, index, question, 403);
  }

  principal(index: number, question: Question): Promise<boolean> {
    return this.isMatch(this.ports.rbac, this.permissions + index, question, 403);
  }

  private async isMatch(port: number, index: number, question: Question, denied: number): Promise<boolean> {
    const status = await ask(port, index, question);
    if (status !== denied && status !== 200) {
      throw new Error(`Envoy answers ${JSON.stringify(question)} with ${status}: neither 200 nor ${denied}`);
    }
    return status === denied;
  }
}

/** A bootstrap with one route match in it, for Envoy to check. */
export function validationConfig(route: Message): string {
  return JSON.stringify({ static_resources: { listeners: [listener("jwt", jwtAuthn([route]))] } });
}

function jwtAuthn(routes: readonly Message[]): Message {
  const local_jwks = { inline_string: '{"keys":[{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}]}' };
  return {
    "@type": `${TYPE}/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
    providers: { nobody: { local_jwks } },
    rules: routes.map((match) => ({ match, requires: { provider_name: "nobody" } })),
  };
}

function isNumber(index: number): Message {
  return { name: NUMBER, string_match: { exact: String(index) } };
}

function listener(name: string, filter: Message): Message {
  const filters = [
    { name: "matchers", typed_config: filter },
    { name: "router", typed_config: { "@type": `${TYPE}/envoy.extensions.filters.http.router.v3.Router` } },
  ];
  const manager = {
    "@type": `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    http_filters: filters,
    upgrade_configs: [{ upgrade_type: "CONNECT" }],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            { match: { prefix: "/" }, direct_response: { status: 200 } },
            { match: { connect_matcher: {} }, direct_response: { status: 200 } },
          ],
        },
      ],
    },
  };
  return {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

/** The status that a request gets: written by hand, as clients refuse what is asked here. */
function ask(
  port: number,
  index: number,
  { method = "GET", path = "/", headers = [] }: Question,
): Promise<number> {
  const lines = [["host", "h"], [NUMBER, String(index)], ...headers].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
      if (status === undefined) return;
      socket.destroy();
      resolve(Number(status));
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`closed after ${JSON.stringify(answer)}`)));
    socket.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"));
  });
}

/** Runs tasks a few at a time, in order of their start. */
export async function inParallel<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await task(items[i]!);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}
