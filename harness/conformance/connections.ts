import type { z } from "zod";
import type { Case } from "./cases.js";
import type { Connection as ConnectionSchema, ConnectionExpectation, Split } from "./connection-schema.js";
import { CONNECTION, octets } from "./octets.js";

export type CaseConnection = z.output<typeof ConnectionSchema>;
export type ExpectedConnection = z.output<typeof ConnectionExpectation>;
export type Step = CaseConnection["steps"][number];

/** One opening of a connection of a case. */
export interface Opening {
  readonly connection: CaseConnection;
  readonly steps: readonly Step[];
  /** As it reads in front of a finding. */
  readonly where: string;
  /** What `${connection}` stands for: always of the same length, so that boundaries stay where they are. */
  readonly token: string;
}

let opened = 0;

/** The connections of a case, each once for each way in which the case cuts what is sent. */
export function openingsOf({ connections, splits }: Pick<Case, "connections" | "splits">): Opening[] {
  return connections.flatMap((connection) => {
    const own = connection.steps.some((step) => "send" in step && step.split !== undefined);
    if (own || splits === undefined) return [openingOf(connection)];
    return splits.map((split) => openingOf(connection, split === "whole" ? undefined : split));
  });
}

/** @param split how everything is cut that is sent */
export function openingOf(connection: CaseConnection, split?: z.output<typeof Split>): Opening {
  const steps = connection.steps.map((step) =>
    split !== undefined && "send" in step ? { ...step, split } : step,
  );
  opened += 1;
  return {
    connection,
    steps,
    where: `${connection.name}${split === undefined ? "" : ` (cut at ${JSON.stringify(split)})`}: `,
    token: `c${String(opened % 100_000).padStart(5, "0")}`,
  };
}

/** All that a client sends. */
export function sentBy({ steps, token }: Opening): Buffer {
  return Buffer.concat(steps.map((step) => ("send" in step ? octets(step.send, token) : Buffer.alloc(0))));
}

/** What the client must get, if that is known to the octet. */
export function expectedOctets(opening: Opening, expected: ExpectedConnection): Buffer | undefined {
  if (expected.received !== undefined) return octets(expected.received, opening.token);
  if (expected.matches !== undefined || expected.undecided) return undefined;
  return expected.cluster === "tcp" ? sentBy(opening) : undefined;
}

/** Whether servers can be asked for what this connection has sent. */
export function isMarked({ steps }: Opening): boolean {
  return JSON.stringify(steps).includes(CONNECTION);
}
