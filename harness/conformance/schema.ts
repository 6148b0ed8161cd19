import { z } from "zod";
import { Connection, NativeListener, Split } from "./connection-schema.js";
import { Jwks, JwksScript, KeyDefinition, TokenDefinition } from "./material-schema.js";
import { Request } from "./request-schema.js";

const Fragment = z.record(z.string(), z.unknown());
const Counts = z.record(z.string(), z.int());

/** Envoy's own filter that does the same; see native.ts. */
export const Native = z.union([
  z.literal(false),
  z.string(),
  z.array(Fragment),
  z.strictObject({
    filter: z.string(),
    type: z.string().optional(),
    without: z.array(z.string()).default([]),
    merge: Fragment.optional(),
  }),
]);

/** How often each path of the JWKS server is fetched: so many times, or from the one to the other. */
const Fetches = z.record(z.string(), z.union([z.int(), z.tuple([z.int(), z.int()])]));

const VariantFields = {
  vmConfiguration: z.unknown().optional(),
  /** Environment variables of the VM. */
  environment: z.record(z.string(), z.string()).optional(),
  fetches: Fetches.optional(),
  /** The configuration must be refused, with this text in the log. */
  refused: z.string().optional(),
};

const Variant = z.strictObject({
  /** A merge patch (RFC 7396) over the configuration. */
  configuration: z.unknown().optional(),
  counters: Counts.optional(),
  log: z.array(z.string()).optional(),
  ...VariantFields,
});

const Variants = z.record(z.string(), Variant);

/** For cases of connections. */
const NetworkFields = {
  /** Keys of filter state by short names. */
  labels: z.record(z.string(), z.string()).optional(),
  /** What is compared instead of a native filter: listener filters and the chains that are chosen by what they find. */
  nativeListener: NativeListener.optional(),
};

/** Names that requests and configurations refer to; see names.ts. */
const MaterialFields = {
  keys: z.record(z.string(), KeyDefinition).optional(),
  tokens: z.record(z.string(), TokenDefinition).optional(),
  jwks: z.record(z.string(), Jwks).optional(),
  jwksServer: JwksScript.optional(),
};

/**
 * Besides `upstream`, to which requests go, filters may call these clusters: `callouts`, another echo server (see
 * upstream/echo.ts), `empty`, which has no hosts, `grpc` (see upstream/grpc.ts), and the case's own JWKS server, which is
 * called `${cluster:jwks}`.
 */
export const Case = z
  .strictObject({
    case: z.string(),
    /** Reason of a difference between ours and native, or between variants. */
    why: z.string().optional(),
    /** Plugin configuration: text as it is, anything else as JSON. */
    configuration: z.unknown().optional(),
    /** A merge patch over the file's configuration, instead of one of its own. */
    changes: Fragment.optional(),
    rootId: z.string().default(""),
    /**
     * More plugins of the same module, behind the first one in the filter chain and in its VM; one with `vm` is in
     * another, whose vm_id is the first one's with a hyphen and this name behind it.
     */
    plugins: z
      .array(
        z.strictObject({
          rootId: z.string(),
          configuration: z.unknown().optional(),
          vm: z.string().optional(),
        }),
      )
      .default([]),
    allowOnHeadersStopIteration: z.boolean().default(false),
    requests: z.array(Request).default([]),
    /** For a network filter: it is in front of `tcp_proxy`, and what else there is of HTTP in the internal listener `${cluster:http}`. */
    connections: z.array(Connection).default([]),
    /** Each connection is opened once for each: what is sent is whole, or cut at these octets, or each so many. */
    splits: z.array(z.union([z.literal("whole"), Split])).optional(),
    /** Fields of `tcp_proxy`, whose cluster is `tcp` unless they say otherwise. */
    tcp: Fragment.optional(),
    /** Envoy's node; cases with the same one share an Envoy. */
    node: Fragment.optional(),
    /** How much each counter grows over the case; ours only. */
    counters: Counts.default({}),
    /** The same for the native filter. */
    nativeCounters: Counts.optional(),
    /** Texts that Envoy's log must gain; ours only. */
    log: z.array(z.string()).default([]),
    ...VariantFields,
    nativeFetches: Fetches.optional(),
    /** The native filter refuses the configuration too, with this text, or false: it takes it. */
    nativeRefused: z.union([z.string(), z.literal(false)]).optional(),
    native: Native.optional(),
    /** The first Envoy whose native filter is compared: those before it lack what the case is about. */
    nativeSince: z.string().optional(),
    /** Of the file's variants those by these names, or variants of the case's own. */
    variants: z.union([z.array(z.string()), Variants]).optional(),
    ...MaterialFields,
    ...NetworkFields,
    /** Envoy's routes of the only virtual host, or its virtual hosts; what has no action goes to `upstream`. */
    routes: z.array(Fragment).optional(),
    virtualHosts: z.array(Fragment).optional(),
    /** Fields of the connection manager. */
    hcm: Fragment.optional(),
    /** Envoy's HTTP filters in front of the one that the case is about, and behind it. */
    before: z.array(Fragment).optional(),
    after: z.array(Fragment).optional(),
    /** What filters in front would have set: lets a case with `before` run in process. */
    inProcess: z
      .strictObject({
        properties: Fragment.default({}),
        filterState: z.record(z.string(), z.string()).default({}),
      })
      .optional(),
    /** One line for each request, in Envoy's format, in the order in which they end. */
    accessLog: z
      .strictObject({
        format: z.string(),
        expect: z.array(z.string()),
        nativeExpect: z.array(z.string()).optional(),
      })
      .optional(),
    hosts: z.tuple([z.literal("envoy")]).optional(),
    /** Why not in process. */
    reason: z.string().optional(),
  })
  .refine(
    ({ requests, connections, refused, variants }) => {
      const kinds = [requests.length > 0, connections.length > 0, refused !== undefined];
      const given = kinds.filter(Boolean).length;
      return given === 1 || (given === 2 && refused !== undefined && variants !== undefined);
    },
    { message: "a case has either requests or refused, or else connections" },
  )
  .refine(({ hosts, reason }) => (hosts === undefined) === (reason === undefined), {
    message: "a case that is for some hosts only says why",
    path: ["reason"],
  })
  .refine(({ configuration, changes }) => configuration === undefined || changes === undefined, {
    message: "a case has either a configuration or changes to the file's",
    path: ["changes"],
  })
  .refine(
    (one) =>
      one.why !== undefined ||
      (one.nativeFetches === undefined &&
        one.nativeRefused !== false &&
        one.accessLog?.nativeExpect === undefined &&
        one.requests.every(
          (request) => request.why !== undefined || (request.native ?? request.in) === undefined,
        ) &&
        one.connections.every(({ why, native }) => why !== undefined || native === undefined)),
    { message: "a case in which native or a variant differs says why", path: ["why"] },
  );

export const CaseFile = z.strictObject({
  /** The filter: its `index.ts` is beside the file, or in a folder of this name below `filters/` or `examples/`. */
  filter: z.string(),
  /** For cases that say nothing else. */
  configuration: z.unknown().optional(),
  native: Native.optional(),
  hcm: Fragment.optional(),
  /** Each case runs once for each. */
  variants: Variants.optional(),
  ...MaterialFields,
  ...NetworkFields,
  /** Anything: a place for what is repeated, by YAML's anchors. */
  shared: z.unknown().optional(),
  cases: z.array(Case).min(1),
});
