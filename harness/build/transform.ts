import type { ClassPrototype, Element, Program } from "assemblyscript";

/** The two callbacks that end gRPC calls come with any of the others: nothing would ever be known to be over without. */
const GRPC = [
  "Context.onGrpcMessage",
  "Context.onGrpcClose",
  "Context.onGrpcInitialMetadata",
  "Context.onGrpcTrailingMetadata",
];

/**
 * Callbacks that a filter pays for only when it defines them: Envoy calls into the VM for every exported callback, and
 * skips one that is missing. Each is kept when some class of the program overrides one of these methods. Callbacks that
 * are not listed are the SDK's own bookkeeping and always stay.
 */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  proxy_on_vm_start: ["VmContext.onStart"],
  proxy_validate_configuration: ["PluginContext.onValidateConfiguration"],
  proxy_on_tick: ["PluginContext.onTick"],
  proxy_on_queue_ready: ["PluginContext.onQueueReady"],
  proxy_on_done: ["PluginContext.onDone", "HttpContext.onDone", "TcpContext.onDone"],
  proxy_on_log: ["Context.onLog"],
  proxy_on_request_headers: ["HttpContext.onRequestHeaders", "Context.onRequestHeaders"],
  proxy_on_request_body: ["HttpContext.onRequestBody", "Context.onRequestBody"],
  proxy_on_request_trailers: ["HttpContext.onRequestTrailers", "Context.onRequestTrailers"],
  proxy_on_request_metadata: ["HttpContext.onRequestMetadata"],
  proxy_on_response_headers: ["HttpContext.onResponseHeaders", "Context.onResponseHeaders"],
  proxy_on_response_body: ["HttpContext.onResponseBody", "Context.onResponseBody"],
  proxy_on_response_trailers: ["HttpContext.onResponseTrailers", "Context.onResponseTrailers"],
  proxy_on_response_metadata: ["HttpContext.onResponseMetadata"],
  proxy_on_foreign_function: ["Context.onForeignFunction"],
  envoy_on_resolve_dns: ["Context.onDnsAnswer"],
  proxy_on_http_call_response: ["Context.onHttpCallResponse"],
  proxy_on_grpc_receive_initial_metadata: ["Context.onGrpcInitialMetadata"],
  proxy_on_grpc_receive: GRPC,
  proxy_on_grpc_receive_trailing_metadata: ["Context.onGrpcTrailingMetadata"],
  proxy_on_grpc_close: GRPC,
  proxy_on_new_connection: ["TcpContext.onNewConnection", "Context.onNewConnection"],
  proxy_on_downstream_data: ["TcpContext.onDownstreamData", "Context.onDownstreamData"],
  proxy_on_upstream_data: ["TcpContext.onUpstreamData", "Context.onUpstreamData"],
  proxy_on_downstream_connection_close: [
    "TcpContext.onDownstreamConnectionClose",
    "Context.onDownstreamConnectionClose",
  ],
  proxy_on_upstream_connection_close: [
    "TcpContext.onUpstreamConnectionClose",
    "Context.onUpstreamConnectionClose",
  ],
};

/**
 * Where the SDK's context classes live, in a program that imports the package, and those of the old SDK, which hand every
 * callback on and so must not count as a filter's.
 */
const CONTEXTS = /(?:^|\/)assembly\/(?:context|compat\/(?:contexts|streams))\//;
const CALLBACKS = /(?:^|\/)assembly\/callbacks\//;

/**
 * The compiler plugin that leaves out the callbacks a filter does not define. It works on the program before anything
 * is compiled, so what only those callbacks need is never compiled either, and authors need to do nothing for it.
 */
export default {
  /** The compiler's hook: the program is parsed and linked, nothing is compiled yet. */
  afterInitialize(program: Program): void {
    const overridden = new Set<string>();
    for (const element of program.elementsByName.values()) {
      if (isClass(element)) noteOverrides(element, overridden);
    }
    for (const [path, file] of program.filesByName) {
      if (!CALLBACKS.test(path) || !file.exports) continue;
      for (const name of [...file.exports.keys()]) {
        const methods = METHODS[name];
        if (methods && !methods.some((method) => overridden.has(method))) file.exports.delete(name);
      }
    }
  },
};

/** Adds `Base.method` for every method of a context class that `prototype`, a class of the filter, defines anew. */
function noteOverrides(prototype: ClassPrototype, overridden: Set<string>): void {
  if (CONTEXTS.test(prototype.internalName) || !prototype.instanceMembers) return;
  for (let base = prototype.basePrototype; base; base = base.basePrototype) {
    if (!CONTEXTS.test(base.internalName)) continue;
    for (const member of prototype.instanceMembers.keys()) overridden.add(`${base.name}.${member}`);
  }
}

// ElementKind is a const enum in the compiler's types, which cannot be read with isolated modules; the shape says it.
function isClass(element: Element): element is ClassPrototype {
  return "instanceMembers" in element && "basePrototype" in element;
}
