import { type Admin, StatsSnapshot, waitFor } from "../envoy/index.js";

type Findings = () => string[] | Promise<string[]>;

/** How far counters are from growing, from now on, by as much as they should. */
export async function counterGrowth(
  admin: Admin,
  expected: Readonly<Record<string, number>>,
): Promise<Findings> {
  const names = Object.keys(expected);
  if (names.length === 0) return () => [];
  const filter = `^(${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|")})$`;
  // Four times as fast as asking for all kinds of statistics: hundreds of listeners have tens of thousands of them.
  const path = `/stats?format=json&type=Counters&usedonly&filter=${encodeURIComponent(filter)}`;
  const read = async () => StatsSnapshot.parse(await admin.get(path));
  const before = await read();
  return async () => {
    const now = await read();
    return Object.entries(expected).flatMap(([name, growth]) => {
      const delta = now.counter(name) - before.counter(name);
      return delta === growth ? [] : [`counter ${name}: expected ${growth} more, got ${delta}`];
    });
  };
}

/** Asks until nothing is missing: what a stream leaves behind comes after its answer. @returns what is missing after two seconds */
export async function settled(missing: Findings): Promise<string[]> {
  let last: string[] = [];
  const check = async () => ((last = await missing()).length === 0 ? true : undefined);
  await waitFor({ what: "what the case expects", timeoutMs: 2_000, check }).catch(() => undefined);
  return last;
}
