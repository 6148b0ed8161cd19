import type { CaseRequest } from "./cases.js";
import type { HeaderPair } from "./client.js";

/** Tells the requests of a group apart at the upstream, and in access logs. */
export const GROUP_HEADER = "x-case-request";

/** One sending of a request of a case. */
export interface Sending {
  readonly request: CaseRequest;
  /** As it reads in front of a finding: which request it is, if there are several. */
  readonly where: string;
  /** The value of its group header; undefined when it is sent alone. */
  readonly tag?: string;
}

/** The requests of a case in the order in which they are sent: those of one group at the same time. */
export function groupsOf(requests: readonly CaseRequest[]): Sending[][] {
  const groups: Sending[][] = [];
  for (const [index, request] of requests.entries()) {
    const several = requests.length > 1 || request.name !== undefined;
    const name =
      request.name === undefined ? `request ${index + 1}` : `request ${index + 1} (${request.name})`;
    const where = several ? `${name}: ` : "";
    const sendings = new Array<Sending>(request.concurrent ?? 1).fill({ request, where });
    const group = groups.at(-1);
    if (request.together === true && group !== undefined) group.push(...sendings);
    else groups.push(sendings);
  }
  return groups.map(tagged);
}

function tagged(group: Sending[]): Sending[] {
  if (group.length === 1) return group;
  return group.map(({ request, where }, index) => {
    const tag = String(index + 1);
    const headers: [string, string][] = [...request.headers, [GROUP_HEADER, tag]];
    return { request: { ...request, headers }, where, tag };
  });
}

/** What the group header says, or undefined. */
export function tagOf(headers: readonly HeaderPair[]): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === GROUP_HEADER)?.[1];
}
