// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { MetricType } from "tremula/assembly/abi/enums";
import { LABEL_NAMES } from "../labels/label";
import { NO_EXPRESSION, Tag } from "./tag";

/** When a metric is recorded. */
export enum Moment {
  /** Once for a request, when it is over. */
  Request,
  /** While a gRPC call runs, and when it is over. */
  Messages,
  /** While a connection is open, and when it is closed. */
  Connection,
}

/** What is recorded. */
export enum Quantity {
  One,
  Duration,
  RequestBytes,
  ResponseBytes,
  RequestMessages,
  ResponseMessages,
  SentBytes,
  ReceivedBytes,
  Opened,
  Closed,
  /** What an expression says. */
  Expression,
}

/** One metric as it is configured: its name without `istio_`, its labels, and what it counts. */
@final
export class Metric {
  /** Number of the expression that gives the value, for `Quantity.Expression`. */
  expression: i32 = NO_EXPRESSION;
  dropped: bool = false;
  readonly tags: Array<Tag> = [];

  /** @param labels it has so many of the standard ones */
  constructor(
    readonly name: Bytes,
    public type: MetricType,
    readonly moment: Moment,
    public quantity: Quantity,
    labels: i32,
  ) {
    for (let i = 0; i < labels; i++) this.tags.push(new Tag(Bytes.of(unchecked(LABEL_NAMES[i])), i));
  }

  /** The tag of a name, added when there is none. */
  tag(name: Bytes): Tag {
    const known = this.find(name);
    if (known !== null) return known;
    const tag = new Tag(name.copy());
    this.tags.push(tag);
    return tag;
  }

  /** The tag of a name, or null. */
  find(name: Bytes): Tag | null {
    for (let i = 0; i < this.tags.length; i++) {
      const tag = unchecked(this.tags[i]);
      if (tag.name.equals(name)) return tag;
    }
    return null;
  }

  /** Whether a label is on it with its standard value. */
  has(label: i32): bool {
    for (let i = 0; i < this.tags.length; i++) {
      const tag = unchecked(this.tags[i]);
      if (tag.label == label) return !tag.removed && tag.expression == NO_EXPRESSION;
    }
    return false;
  }
}
