import { Status } from "./enums.js";
import { type Octets, bodyBytes } from "./octets.js";

interface Value {
  readonly bytes: Uint8Array;
  readonly cas: number;
}

/** Values that VMs with one `vm_id` share. Keys are octets as latin1 text. */
export class SharedData {
  readonly #values = new Map<string, Map<string, Value>>();
  #lastCas = 0;

  get(vmId: string, key: string): Value | undefined {
    return this.#values.get(vmId)?.get(key);
  }

  /** `cas` 0 always writes; another must be that of the value that is there, if there is one. */
  set(vmId: string, key: string, value: Octets, cas = 0): Status {
    const values = this.#values.get(vmId) ?? new Map<string, Value>();
    this.#values.set(vmId, values);
    const present = values.get(key);
    if (present !== undefined && cas !== 0 && cas !== present.cas) return Status.CasMismatch;
    values.set(key, { bytes: bodyBytes(value), cas: ++this.#lastCas });
    return Status.Ok;
  }

  keys(vmId: string): string[] {
    return [...(this.#values.get(vmId)?.keys() ?? [])];
  }
}
