// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, LocalResponse } from "tremula/assembly";

const FORBIDDEN: u32 = 403;
const BAD_REQUEST: u32 = 400;

/** The response to a request that is denied (source/extensions/filters/http/rbac/rbac_filter.cc, decodeHeaders). */
export function denial(policy: Bytes | null): LocalResponse {
  return new LocalResponse(FORBIDDEN).withBody("RBAC: access denied").withDetails(detailsOf(policy));
}

/** The response to a request whose path is refused before any rule is asked. */
export function ambiguousPath(): LocalResponse {
  return new LocalResponse(BAD_REQUEST).withBody("RBAC: ambiguous path").withDetails("rbac_ambiguous_path");
}

/** The response on a route whose metadata names rules that are not there. */
export function unknownRules(): LocalResponse {
  return new LocalResponse(FORBIDDEN).withBody("RBAC: access denied").withDetails("rbac_unknown_rules");
}

/** What access logs say; blanks of a name become `_`, as natively, for logs are cut at blanks. */
function detailsOf(policy: Bytes | null): Bytes {
  const name = policy !== null && !policy.isEmpty ? policy : Bytes.of("none");
  const details = new ByteWriter(name.length + 40)
    .write("rbac_access_denied_matched_policy[")
    .write(name)
    .write("]")
    .toBytes();
  for (let i: usize = 0; i < <usize>details.length; i++) {
    const octet = <u32>load<u8>(details.ptr + i);
    if (octet == 0x20 || octet - 0x09 < 5) store<u8>(details.ptr + i, 0x5f);
  }
  return details;
}
