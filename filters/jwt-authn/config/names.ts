// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** Where names of a configuration are found: a map of references, so that thousands cost no search of lists. */
@final
export class Names {
  private readonly indexes: Map<string, i32> = new Map<string, i32>();

  /** Notes the next name; its index is how many there were before. */
  add(name: Bytes): void {
    this.indexes.set(name.toString(), this.indexes.size);
  }

  /** The index of a name, or -1. */
  indexOf(name: Bytes): i32 {
    const text = name.toString();
    return this.indexes.has(text) ? this.indexes.get(text) : -1;
  }
}
