import { Status } from "./enums.js";

interface Queue {
  readonly items: Uint8Array[];
  /** Tells the one who registered last; earlier ones are told nothing any more. */
  notify: () => void;
}

/** Queues that any VM of the host can put into and take from. */
export class SharedQueues {
  readonly #ids = new Map<string, number>();
  readonly #queues = new Map<number, Queue>();

  register(vmId: string, name: string, notify: (id: number) => void): number {
    const key = `${vmId}\0${name}`;
    const id = this.#ids.get(key) ?? this.#queues.size + 1;
    this.#ids.set(key, id);
    const items = this.#queues.get(id)?.items ?? [];
    this.#queues.set(id, { items, notify: () => notify(id) });
    return id;
  }

  /** 0 when there is none of that name. */
  resolve(vmId: string, name: string): number {
    return this.#ids.get(`${vmId}\0${name}`) ?? 0;
  }

  enqueue(id: number, value: Uint8Array): Status {
    const queue = this.#queues.get(id);
    if (queue === undefined) return Status.NotFound;
    queue.items.push(value);
    queue.notify();
    return Status.Ok;
  }

  dequeue(id: number): Uint8Array | Status {
    const queue = this.#queues.get(id);
    return queue === undefined ? Status.NotFound : (queue.items.shift() ?? Status.Empty);
  }

  /** What waits in a queue. */
  items(vmId: string, name: string): readonly Uint8Array[] {
    return this.#queues.get(this.resolve(vmId, name))?.items ?? [];
  }
}
