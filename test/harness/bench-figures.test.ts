import { describe, expect, test } from "vitest";
import { checkBudgets } from "../../harness/bench/budgets.js";
import { cpuNanosBetween, readCpu, readRssKiB, type CpuReading } from "../../harness/bench/cpu.js";
import { median, medianAbsoluteDeviation, medianRatio, rotate } from "../../harness/bench/statistics.js";
import { summarize, toBenchResult } from "../../harness/bench/summary.js";
import type { RoundSample, ScenarioSamples } from "../../harness/bench/types.js";

describe("statistics", () => {
  test("the median is the middle value, whatever the order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("one disturbed round moves neither the median nor the deviation far", () => {
    expect(median([10, 11, 12, 13, 900])).toBe(12);
    expect(medianAbsoluteDeviation([10, 11, 12, 13, 900])).toBe(1);
  });

  test("the interval of a ratio is as wide as the rounds differ, and repeatable", () => {
    expect(medianRatio([6, 6, 6], [4, 4, 4])).toEqual({ value: 1.5, low: 1.5, high: 1.5 });
    const noisy = medianRatio([5, 6, 8, 6, 7], [4, 4, 5, 3, 4]);
    expect(noisy.value).toBe(1.5);
    expect(noisy.low).toBeLessThan(1.4);
    expect(noisy.high).toBeGreaterThan(1.7);
    expect(medianRatio([5, 6, 8, 6, 7], [4, 4, 5, 3, 4])).toEqual(noisy);
  });

  test("each round begins one variant further on", () => {
    expect([0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""))).toEqual([
      "abc",
      "bca",
      "cab",
      "abc",
    ]);
    expect(rotate([], 3)).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("CPU time from the kernel", () => {
  test("counts what this process burns", async () => {
    const before = await readCpu(process.pid);
    const start = process.cpuUsage();
    // Of CPU, not of time: others use this machine too.
    while (process.cpuUsage(start).user < 50_000);
    const nanos = cpuNanosBetween(before, await readCpu(process.pid));
    expect(nanos).toBeGreaterThan(40e6);
    expect(nanos).toBeLessThan(2e9);
  });

  test("knows the memory of a process", async () => {
    expect(await readRssKiB(process.pid)).toBeGreaterThan(10_000);
  });
});

describe("CPU time between two readings", () => {
  const reading = (threads: Record<string, bigint> | null, totalNanos: bigint): CpuReading => ({
    threads: threads && new Map(Object.entries(threads)),
    totalNanos,
  });

  test("is the sum over the threads, those that began in between included", () => {
    expect(cpuNanosBetween(reading({ 1: 10n, 2: 20n }, 0n), reading({ 1: 15n, 2: 20n, 3: 7n }, 0n))).toBe(12);
  });

  test("is the coarse total when a thread has ended", () => {
    expect(cpuNanosBetween(reading({ 1: 10n, 2: 20n }, 100n), reading({ 1: 15n }, 180n))).toBe(80);
  });

  test("is the coarse total where the kernel does not count threads", () => {
    expect(cpuNanosBetween(reading(null, 100n), reading(null, 130n))).toBe(30);
  });
});

describe("summary", () => {
  const round = (cpuMicrosPerRequest: number): RoundSample => ({
    cpuMicrosPerRequest,
    requestsPerSecond: 1000,
    requests: 3000,
    latency: { p50Micros: 1, p99Micros: 2, p999Micros: 3, maxMicros: 4 },
  });
  const samples = (rounds: Record<string, number[]>): ScenarioSamples => ({
    suite: "s",
    scenario: "x",
    envoyVersion: "1.40.0",
    load: "fake",
    variants: Object.entries(rounds).map(([variant, micros]) => ({
      variant,
      rounds: micros.map(round),
      rssStartKiB: 90,
      rssKiB: 100,
      requests: 9000,
      counters: {},
    })),
  });

  test("what a variant adds is taken within a round, then the median of that", () => {
    // Round 2 was slow for all: the difference of the medians would be 14 - 11 = 3 here too, but not in round 3.
    const [, floor] = summarize(samples({ none: [10, 20, 11], floor: [14, 25, 14] }));
    expect(floor?.addedCpuMicros).toBe(4);
    expect(floor?.addedSpreadMicros).toBe(1);
  });

  test("the row for JSON has the promised fields and no other", () => {
    const [none] = summarize(samples({ none: [10.12345, 10.12345] }));
    expect(toBenchResult(none!)).toEqual({
      suite: "s",
      scenario: "x",
      variant: "none",
      cpuMicrosPerRequest: 10.123,
      addedCpuMicros: 0,
      requestsPerSecond: 1000,
      rssKiB: 100,
      rounds: 2,
    });
  });

  const budget = { suite: "s", scenario: "x", variant: "tremula", against: "floor" };
  const verdict = (maxRatio: number, rounds: Record<string, number[]>) =>
    checkBudgets([{ ...budget, maxRatio }], [samples(rounds)]).map((outcome) => outcome.verdict);

  test("a budget is a ratio of what two variants add", () => {
    const rounds = { none: [10, 11, 10], floor: [14, 15, 14], tremula: [16, 17, 16] };
    expect(verdict(1.25, rounds)).toEqual(["broken"]);
    expect(verdict(1.5, rounds)).toEqual(["ok"]);
    expect(summarize(samples(rounds)).map(({ ratioToFloor }) => ratioToFloor)).toEqual([0, 1, 1.5]);
  });

  test("a budget is unclear when the rounds differ by more than what is missing", () => {
    expect(verdict(1.25, { none: [10, 10, 10], floor: [14, 18, 13], tremula: [18, 15, 16] })).toEqual([
      "unclear",
    ]);
  });

  test("a budget may be what a variant adds beyond another", () => {
    const extra = (against: string, maxExtraMicros: number) =>
      checkBudgets(
        [{ ...budget, against, maxExtraMicros }],
        [samples({ none: [10, 10], floor: [14, 14], tremula: [20, 20] })],
      ).map(({ measured, verdict }) => [measured.value, verdict]);
    expect(extra("floor", 6)).toEqual([[6, "ok"]]);
    expect(extra("floor", 5)).toEqual([[6, "broken"]]);
    expect(extra("none", 10)).toEqual([[10, "ok"]]);
  });

  test("a budget is unclear when noise hides what the other variant adds", () => {
    expect(verdict(2, { none: [10], floor: [9], tremula: [8] })).toEqual(["unclear"]);
    expect(verdict(2, { none: [10], floor: [10], tremula: [12] })).toEqual(["unclear"]);
  });

  test("a budget is left out when a variant did not run", () => {
    expect(verdict(2, { none: [10], floor: [9] })).toEqual([]);
  });
});
