/** Nanoseconds of the units that Go's `time.ParseDuration` knows. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
/** Go's durations are 64 bits with a sign, which leaves 292 years. */
const MOST = 2n ** 63n - 1n;

/**
 * Nanoseconds of a duration as Kubernetes and Istio read it (`1m30s`, `500ms`, `.5s`); null for what is none, and for one that
 * is negative.
 */
export function nanosecondsOf(text: string): bigint | null {
  if (text === "0") return 0n;
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)[^\d.]+)+$/.test(text)) return null;
  let total = 0n;
  for (const [, whole = "", fraction = "", name = ""] of text.matchAll(/(\d*)\.?(\d*)([^\d.+]+)/g)) {
    const unit = UNITS.get(name);
    if (unit === undefined) return null;
    total += BigInt(whole) * unit + (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  return total > MOST ? null : total;
}

/**
 * The same as the JSON of a `google.protobuf.Duration`, which has seconds alone: Envoy's own filters, and ours, take nothing
 * else.
 *
 * @param text a duration that {@link nanosecondsOf} can read
 */
export function protobufDuration(text: string): string {
  const digits = (nanosecondsOf(text) ?? 0n).toString().padStart(10, "0");
  return `${`${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "")}s`;
}
