// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";

/** The peer speaks TLS: `authenticated` without a name. Native asks for no certificate there. */
@final
export class TlsCondition extends Condition {
  constructor() {
    super(Bytes.of("tls"));
  }

  test(facts: Facts): bool {
    return facts.isTls();
  }

  describe(): Bytes {
    return Bytes.of("authenticated: the peer speaks TLS");
  }
}

/** The peer has shown a certificate: `mtls_authenticated` without a name. */
@final
export class MutualTlsCondition extends Condition {
  constructor() {
    super(Bytes.of("mtls"));
  }

  test(facts: Facts): bool {
    return facts.isMutualTls();
  }

  describe(): Bytes {
    return Bytes.of("mtls_authenticated: the peer has shown a certificate");
  }
}
