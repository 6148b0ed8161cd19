// SPDX-License-Identifier: Apache-2.0
import { Context } from "tremula/assembly";
import { Peer } from "../../peer/peer";
import { StatsConfig } from "../config/stats-config";
import { Tables } from "../labels/tables";
import { UNKNOWN_VALUE } from "../labels/values";
import { Needs } from "../metrics/needs";
import { Sample } from "../metrics/sample";
import { ConnectionFacts, Connections } from "./connections";
import { Destination } from "./destination";
import { fillEndpoints } from "./endpoints";

/** What all recorders of a plugin have in common: the sample, and the tables that its numbers are from. */
@final
export class Surroundings {
  readonly sample: Sample;
  readonly tables: Tables;
  readonly destination: Destination;
  readonly connections: Connections;

  /** @param reporter what the configuration says, or -1: the listener's direction decides */
  constructor(config: StatsConfig, local: Peer | null, reporter: i32) {
    const tables = new Tables(config, local);
    this.tables = tables;
    this.sample = new Sample(config.dimensions.length);
    this.destination = new Destination(config, tables);
    this.connections = new Connections(reporter);
  }

  /**
   * Begins a sample of the stream whose callback runs, or that was made effective.
   *
   * @param isSettled whether the handshake of the client's connection is known to be over
   */
  begin(isSettled: bool = true): ConnectionFacts {
    this.sample.clear();
    const connection = this.connections.facts(isSettled);
    this.sample.reporter = connection.reporter;
    return connection;
  }

  /** @param downstream, upstream who they are, where filter state need not be asked */
  fill(
    needs: Needs,
    connection: ConnectionFacts,
    downstream: Peer | null = null,
    upstream: Peer | null = null,
  ): void {
    fillEndpoints(this.sample, needs, connection, this.tables, downstream, upstream);
  }

  /** Evaluates the expressions that are labels; in the stream's own callbacks only. */
  evaluate(needs: Needs, context: Context): void {
    const expressions = needs.expressions;
    for (let i = 0; i < expressions.length; i++) {
      const number = unchecked(expressions[i]);
      const value = unchecked(this.tables.dimensions[number]).numberIn(context);
      unchecked((this.sample.values[number] = value));
    }
  }

  /**
   * Evaluates the expressions that had no value in the callbacks before: the request's headers are there in some, what is
   * known of the upstream in others.
   *
   * @param beforeHandshake whether a TLS handshake is yet to come: what it finds out stays without a value
   * @returns the values for `restore`
   */
  evaluateMissing(
    needs: Needs,
    context: Context,
    before: StaticArray<u32> | null,
    beforeHandshake: bool = false,
  ): StaticArray<u32> {
    const values = before !== null ? before : new StaticArray<u32>(this.sample.values.length);
    const expressions = needs.expressions;
    for (let i = 0; i < expressions.length; i++) {
      const number = unchecked(expressions[i]);
      if (unchecked(values[number]) != UNKNOWN_VALUE) continue;
      const dimension = unchecked(this.tables.dimensions[number]);
      if (beforeHandshake && dimension.isOfHandshake) continue;
      unchecked((values[number] = dimension.numberIn(context)));
    }
    return values;
  }

  /** Puts back what `evaluateMissing` found in another callback of the stream. */
  restore(values: StaticArray<u32> | null): void {
    if (values === null) return;
    for (let i = 0; i < values.length; i++) unchecked((this.sample.values[i] = unchecked(values[i])));
  }

  /** The value of an expression that a metric records; -1 when there is none. */
  integer(expression: i32, context: Context): i64 {
    return unchecked(this.tables.dimensions[expression]).integerIn(context, -1);
  }
}
