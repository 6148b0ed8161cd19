import fc from "fast-check";
import net from "node:net";
import { beforeAll, expect, it } from "vitest";
import { PluginRefused } from "../../harness/host/index.js";
import { filterModule, startFilter, verdict } from "./filter.js";

// The same cases on every run; TREMULA_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.TREMULA_SEED ?? 1) });

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

// Few bits that differ, so that ranges hold each other and addresses meet them.
const octet = fc.constantFrom(0, 1, 128);
const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const v6 = fc
  .array(fc.constantFrom("0", "8000"), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.join(":"));
const address = fc.oneof(v4, v6);
const port = fc.integer({ min: 1, max: 3 });
const range = fc.oneof(
  fc.tuple(v4, fc.constantFrom(0, 1, 7, 8, 9, 16, 24, 31, 32)),
  fc.tuple(v6, fc.constantFrom(0, 1, 16, 32, 63, 64, 65, 96, 128)),
);
const declaration = fc.record({ port, ranges: fc.array(range, { maxLength: 3 }) });

interface Range {
  readonly port: number;
  /** Of the addresses in it; null for all. */
  readonly bits: string | null;
  readonly length: number;
  readonly index: number;
}

it("finds the longest prefix", () => {
  const names = ["redis", "mongo", "kafka", "mysql", "smtp", "ldap", "tds", "tns"];
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(declaration, { minLength: 1, maxLength: names.length }),
      fc.array(fc.tuple(address, port), { minLength: 1, maxLength: 20 }),
      (declarations, connections) => {
        const ranges: Range[] = [];
        const taken = new Set<string>();
        const configuration = declarations.map((one, index) => {
          const unique = one.ranges.filter(([text, length]) => {
            const bits = bitsOf(text, length);
            const key = `${one.port} ${bits}`;
            if (taken.has(key)) return false;
            taken.add(key);
            ranges.push({ port: one.port, bits, length, index });
            return true;
          });
          const whole = unique.length === 0;
          if (whole && !taken.has(`${one.port}`)) {
            taken.add(`${one.port}`);
            ranges.push({ port: one.port, bits: null, length: -1, index });
          } else if (whole) return null;
          return {
            port: one.port,
            addresses: unique.map(([text, length]) => `${text}/${length}`),
            protocol: names[index],
            enforce: false,
          };
        });
        const plugin = startFilter(module, { declarations: configuration.filter((one) => one !== null) });
        for (const [text, to] of connections) {
          const matching = ranges
            .filter((one) => one.port === to && (one.bits === null || one.bits === bitsOf(text, one.length)))
            .sort((a, b) => b.length - a.length);
          const expected =
            matching[0] === undefined ? "unknown unknown" : `${names[matching[0].index]} declared`;
          const destination = net.isIPv6(text) ? `[${text}]:${to}` : `${text}:${to}`;
          expect(verdict(plugin.tcp({ destination }))).toBe(expected);
          if (matching.length > 1) found++;
        }
      },
    ),
    { numRuns: 300 },
  );
  // Cases in which there was a choice.
  expect(found).toBeGreaterThan(100);
});

/** The family of an address, and its first bits. */
function bitsOf(text: string, length: number): string {
  const isV6 = net.isIPv6(text);
  const bits = text
    .split(isV6 ? ":" : ".")
    .map((part) =>
      parseInt(part, isV6 ? 16 : 10)
        .toString(2)
        .padStart(isV6 ? 16 : 8, "0"),
    )
    .join("");
  return `${isV6 ? 6 : 4}/${length} ${bits.slice(0, length)}`;
}

const name = fc.constantFrom("http", "tls", "redis", "http2", "tcp", "grpc", "https", "auto", "*", "x");
const duration = fc.constantFrom("0s", "1s", "0.001s", "1.5s", "60s", "-1s", "9999999999s");
const anything = fc.jsonValue({ maxDepth: 2 });
const or = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 80, arbitrary }, { weight: 1, arbitrary: anything });
const detection = fc.record(
  {
    protocols: or(fc.array(name, { maxLength: 4 })),
    max_bytes: or(fc.integer({ min: 0, max: 66_000 })),
    deadline: or(duration),
    on_deadline: or(fc.constantFrom("pass", "close")),
    on_unknown: or(fc.constantFrom("pass", "close")),
    methods: or(fc.array(fc.constantFrom("GET", "BREW", "get", ""), { maxLength: 3 })),
    wait_for_hello: or(fc.boolean()),
  },
  { requiredKeys: [] },
);
const action = fc.oneof(
  fc.record({ cluster: or(fc.constantFrom("a", "")) }),
  fc.record({ close: or(fc.boolean()) }),
  fc.record({
    pass: or(fc.constant(true)),
    routes: or(
      fc.array(
        fc.record(
          {
            server_names: or(fc.array(fc.constantFrom("a.b", "*.b", "*", "a.*"), { maxLength: 2 })),
            alpn: or(fc.array(fc.constantFrom("h2", ""), { maxLength: 2 })),
            close: or(fc.constant(true)),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    ),
  }),
);
const configurations = fc.record(
  {
    mode: or(fc.constantFrom("route", "label")),
    greetings: or(fc.boolean()),
    detection: or(detection),
    actions: or(fc.dictionary(name, or(action), { maxKeys: 2 })),
    declarations: or(
      fc.array(
        or(
          fc.record(
            {
              port: or(fc.constantFrom(1, 80, 443, 65_535, 65_536)),
              protocol: or(name),
              addresses: or(fc.array(fc.constantFrom("10.0.0.1", "10.0.0.0/8", "::/0", "x", "1.1.1.1/33"))),
              enforce: or(fc.boolean()),
              proxy_protocol: or(fc.boolean()),
              pass_proxy_protocol: or(fc.boolean()),
              detect: or(detection),
              reason: or(fc.string()),
            },
            { requiredKeys: ["port", "protocol"] },
          ),
        ),
        { maxLength: 2 },
      ),
    ),
  },
  { requiredKeys: [] },
);

const FIRST_OCTETS = [
  "",
  "G",
  "GET / HTTP/1.1\r\n",
  "*1\r\n$4\r\n",
  "\x16\x03\x01\0\xff\x01",
  "PROXY TCP4 ",
  "\0\0",
];

it("takes or refuses any configuration, and traps neither then nor later", () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(configurations, fc.constantFrom(...FIRST_OCTETS), (configuration, octets) => {
      let plugin;
      try {
        plugin = startFilter(module, configuration);
      } catch (error) {
        // A trap would be another one.
        expect(error).toBeInstanceOf(PluginRefused);
        seen.refused++;
        return;
      }
      seen.taken++;
      for (const destination of ["10.0.0.1:80", "[::1]:1"]) {
        const connection = plugin.tcp({ destination });
        connection.send(Buffer.from(octets, "latin1"));
        connection.respond("220 x\r\n");
        connection.end();
        plugin.advance(2_000);
        connection.reset();
      }
      expect(plugin.trap).toBe(null);
    }),
    { numRuns: 1_000 },
  );
  expect(seen.taken).toBeGreaterThan(30);
  expect(seen.refused).toBeGreaterThan(100);
});
