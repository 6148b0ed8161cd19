// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonReader, logError } from "tremula/assembly";

const DEFAULT_WINDOW: u64 = 12 * 3600 * 1_000_000_000;
const DEFAULT_CACHE_SIZE: u32 = 500;

/**
 * The plugin configuration of Istio's access log policy, `log_window_duration` (12h) and `max_client_cache_size` (500), and
 * besides them
 *
 * - `slow_threshold`: requests that have taken this long are logged
 * - `sample_every`: of the requests that nothing else logs one in so many is
 */
@final
export class AccessLogConfig {
  private constructor(
    /** Nanoseconds for which a client's further successes are not logged. */
    readonly window: u64,
    readonly cacheSize: u32,
    /** Nanoseconds; 0 for none. */
    readonly slow: u64,
    /** 0 for none. */
    readonly sampleEvery: u32,
  ) {}

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): AccessLogConfig | null {
    const json = JsonReader.parse(configuration);
    const object = json.object();
    object.ignore("role");
    const config = new AccessLogConfig(
      object.durationOr("log_window_duration", DEFAULT_WINDOW),
      object.u32Or("max_client_cache_size", DEFAULT_CACHE_SIZE, 0, 1_000_000),
      object.durationOr("slow_threshold", 0),
      object.u32Or("sample_every", 0),
    );
    if (json.finish()) return config;
    logError(json.error);
    return null;
  }
}
