// SPDX-License-Identifier: Apache-2.0
import { JsonObject } from "tremula/assembly";

const DEFAULT_SIZE: u32 = 100;
const DEFAULT_MAX_TOKEN_SIZE: u32 = 4096;

/** How many verified tokens of a provider are remembered. For both fields 0 is as good as absent. */
@final
export class JwtCacheConfig {
  /** Tokens per worker; 100 by default. */
  readonly size: u32;
  /** Octets of the longest token that is remembered; 4096 by default. */
  readonly maxTokenSize: u32;

  constructor(object: JsonObject) {
    const size = object.u32Or("jwt_cache_size", 0);
    const maxTokenSize = object.u32Or("jwt_max_token_size", 0);
    this.size = size > 0 ? size : DEFAULT_SIZE;
    this.maxTokenSize = maxTokenSize > 0 ? maxTokenSize : DEFAULT_MAX_TOKEN_SIZE;
  }
}
