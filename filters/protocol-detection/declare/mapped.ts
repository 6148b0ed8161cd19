// SPDX-License-Identifier: Apache-2.0
import { IpAddress } from "tremula/assembly";

/** Bits of an IPv6 address before an IPv4 one that is in it. */
export const MAPPED_BITS: u64 = 96;

/**
 * Makes an IPv4 address of an IPv6 one that holds it (`::ffff:10.0.0.5`, RFC 4291 section 2.5.5.2): it is the same place, and
 * nobody is to get around a declaration by writing it otherwise. A PROXY header that Envoy's own listener filter has read may
 * bring such an address.
 *
 * @returns whether it was one
 */
export function unmap(address: IpAddress): bool {
  const isMapped = address.version == 6 && address.high == 0 && address.low >> 32 == 0xffff;
  if (!isMapped) return false;
  address.version = 4;
  address.high = address.low << 32;
  address.low = 0;
  return true;
}
