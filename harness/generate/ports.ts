import { declarationsOf, type Declaration } from "../protocol/declarations.js";
import { problemsError, Resources, Service } from "../resources/index.js";
import type { Journal } from "./journal.js";
import type { Workload } from "./select.js";

/** A port at which connections reach the workload. */
export interface ServedPort extends Declaration {
  /** Whether there is HTTP to decide on, or connections only. */
  readonly isHttp: boolean;
}

const HTTP = new Set(["http", "http/1.0", "http/1.1", "http2", "grpc", "grpc-web"]);

/**
 * The ports of the Services that select the workload, at the workload's side. None when there are no such Services: the
 * workload is then taken to serve HTTP.
 *
 * @throws HarnessError when two Services disagree about a port, or one names a port that nobody knows
 */
export function servedPorts(resources: Resources, workload: Workload, journal: Journal): ServedPort[] {
  const services = resources.of(Service).filter((service) => {
    const selector = Object.entries(service.spec.selector ?? {});
    const isOwn = service.namespace === workload.namespace;
    const selects = selector.length > 0 && selector.every(([name, value]) => workload.labels[name] === value);
    if (!isOwn || !selects) journal.passOver(service, "does not select the workload");
    return isOwn && selects;
  });
  const others = resources.all.filter((resource) => !resource.is(Service));
  const own = new Resources([...others, ...services], new Map(), [], []);
  const { declarations, problems } = declarationsOf(own, { side: "inbound", undeclared: "auto" });
  if (problems.length > 0) throw problemsError(problems);
  return declarations.map((declaration) => {
    const { port, protocol } = declaration;
    if (protocol === "auto") {
      const why = `port ${port} says no protocol and is taken for HTTP; connections that are none are closed`;
      journal.remark(null, `${why} (${declaration.reason})`);
    }
    return { ...declaration, isHttp: protocol === "auto" || HTTP.has(protocol) };
  });
}
