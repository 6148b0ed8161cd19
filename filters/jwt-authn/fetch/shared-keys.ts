// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, SharedData, Status } from "tremula/assembly";
import { RemoteJwks } from "../config/jwks-source";

// Two entries of the host's shared data for each address that keys are fetched from:
//
//   keys    ┌──────────────────────────┬──────────┐
//           │ u64 when it was fetched  │ document │
//           └──────────────────────────┴──────────┘
//   lease   ┌──────────────────────────────┬──────────────────────────┐
//           │ u64 until when one fetches it │ u64 when one last did so │
//           └──────────────────────────────┴──────────────────────────┘
//
// All times are milliseconds since 1970.

/** What the workers of an Envoy share of one key set: whoever holds the lease fetches it, the others wait for that. */
@final
export class SharedKeys {
  private readonly keysName: Bytes;
  private readonly leaseName: Bytes;
  /** Of the document read last. */
  fetchedAt: u64 = 0;
  document: Bytes = Bytes.EMPTY;
  /** Of the lease read last. */
  leasedUntil: u64 = 0;
  attemptedAt: u64 = 0;
  /** Until when this worker has taken the lease. */
  private takenUntil: u64 = 0;

  constructor(jwks: RemoteJwks) {
    const name = new ByteWriter()
      .write("tremula.jwt_authn.")
      .write(jwks.cluster)
      .write(" ")
      .write(jwks.authority)
      .write(jwks.path);
    this.keysName = name.toBytes().concat(" keys");
    this.leaseName = name.toBytes().concat(" lease");
    // What is not there yet cannot be set by one worker alone: the host compares no CAS value then. Envoy configures a
    // plugin on its main thread first, before any worker has a VM that could take the lease.
    if (SharedData.get(this.leaseName).value === null) SharedData.set(this.leaseName, NO_LEASE);
  }

  /** Reads what was fetched last, by whatever worker. False when it is not newer than `than`. */
  readNewer(than: u64): bool {
    const value = SharedData.get(this.keysName).value;
    if (value === null || value.length < 8) return false;
    const fetchedAt = value.readLE<u64>();
    if (fetchedAt <= than) return false;
    this.fetchedAt = fetchedAt;
    this.document = value.slice(8);
    return true;
  }

  readLease(): void {
    this.take(SharedData.get(this.leaseName).value);
  }

  /** Takes the lease; false when another worker has it. */
  lease(now: u64, until: u64): bool {
    const entry = SharedData.get(this.leaseName);
    do {
      this.take(entry.value);
      if (this.leasedUntil > now) return false;
    } while (entry.trySetLast(written(until, this.attemptedAt)) == Status.CasMismatch);
    this.takenUntil = until;
    return true;
  }

  /** Gives the lease back without an attempt, unless it has run out and another worker has it. */
  abandon(): void {
    const entry = SharedData.get(this.leaseName);
    do {
      this.take(entry.value);
      if (this.leasedUntil != this.takenUntil) return;
    } while (entry.trySetLast(written(0, this.attemptedAt)) == Status.CasMismatch);
  }

  /** Gives the lease back; with the document when there is one. */
  release(now: u64, document: Bytes | null): void {
    if (document !== null) {
      const entry = new ByteWriter(document.length + 8);
      SharedData.set(this.keysName, entry.writeLE<u64>(now).write(document));
      this.fetchedAt = now;
    }
    this.attemptedAt = now;
    SharedData.set(this.leaseName, written(0, now));
  }

  private take(lease: Bytes | null): void {
    const octets = lease !== null && lease.length == 16 ? lease : NO_LEASE;
    this.leasedUntil = octets.readLE<u64>();
    this.attemptedAt = octets.readLE<u64>(8);
  }
}

// @ts-ignore: decorator
@lazy
const NO_LEASE = Bytes.allocate(16);

function written(until: u64, attemptedAt: u64): Bytes {
  return new ByteWriter(16).writeLE<u64>(until).writeLE<u64>(attemptedAt).toBytes();
}
