import { convertProtocol, isHttp } from "../protocol/declarations-convert.js";
import { groupBy } from "../report/group.js";
import { Service, type Resource, type Resources, type ServiceSpec } from "../resources/index.js";
import { targetOf } from "../vet/mesh.js";
import { selects, workloadsOf, type Workload } from "../vet/workload.js";
import type { Labels } from "./written.js";

/** Services by namespace: the old resources name them, today's name their workloads' labels. */
export class Services {
  readonly #workloads: readonly Workload[];
  readonly #services: ReadonlyMap<string, readonly Resource<ServiceSpec>[]>;

  constructor(resources: Resources) {
    this.#workloads = workloadsOf(resources);
    const byName = [...resources.of(Service)].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#services = groupBy(byName, ({ namespace }) => namespace);
  }

  /** In the order of their names, as istioctl numbered what it made of them. */
  in(namespace: string): readonly Resource<ServiceSpec>[] {
    return this.#services.get(namespace) ?? [];
  }

  get(namespace: string, name: string): Resource<ServiceSpec> | undefined {
    return this.in(namespace).find((service) => service.name === name);
  }

  /** The other Services of the same workloads, or of some of them, that lead to ports which this one does not have. */
  besides(service: Resource<ServiceSpec>): readonly Resource<ServiceSpec>[] {
    const own = new Set(targetsOf(service));
    const selector = selectorOf(service) ?? {};
    return this.in(service.namespace).filter((other) => {
      const others = selectorOf(other);
      if (other === service || others === undefined) return false;
      const isShared = selects(selector, others) || selects(others, selector);
      return isShared && targetsOf(other).some((target) => !own.has(target));
    });
  }

  /**
   * The workload's port behind a Service's port, by number or name.
   *
   * @returns undefined when the Service has no such port, or no workload tells what the target port's name means
   */
  workloadPort(
    service: Resource<ServiceSpec>,
    port: { number?: number | undefined; name?: string | undefined },
  ): number | undefined {
    const found = (service.spec.ports ?? []).find(
      (one) =>
        (port.number !== undefined && one.port === port.number) ||
        (port.name !== undefined && one.name === port.name),
    );
    if (found === undefined) return undefined;
    const { targetPort } = found;
    if (targetPort === undefined || targetPort === 0) return found.port;
    if (typeof targetPort === "number") return targetPort;
    if (/^\d+$/.test(targetPort)) return Number(targetPort);
    const behind = this.#workloads.filter(
      ({ namespace, labels }) => namespace === service.namespace && selects(service.spec.selector, labels),
    );
    return behind.map((workload) => targetOf(found, workload)).find((number) => number !== undefined);
  }

  /** The workload's ports that are not declared as TCP, when others are: those that a policy for HTTP can be for. */
  httpPorts(service: Resource<ServiceSpec>): readonly number[] | undefined {
    const ports = (service.spec.ports ?? []).map((port) => ({
      port,
      ...convertProtocol(port.port, port.name, port.protocol, port.appProtocol),
    }));
    const http = ports.filter(({ protocol }) => isHttp(protocol) || protocol === "Unsupported");
    if (http.length === ports.length) return undefined;
    return http.flatMap(({ port }) => this.workloadPort(service, { number: port.port }) ?? []);
  }
}

/** The target ports, by number or name, of what is not UDP. */
function targetsOf({ spec }: Resource<ServiceSpec>): string[] {
  const ports = (spec.ports ?? []).filter(({ protocol }) => protocol !== "UDP");
  return ports.map(({ port, targetPort }) => String(targetPort || port));
}

/** The labels of a Service's workloads; undefined when it selects none by itself. */
export function selectorOf({ spec }: Resource<ServiceSpec>): Labels | undefined {
  const { selector = {} } = spec;
  return Object.keys(selector).length === 0 ? undefined : selector;
}
