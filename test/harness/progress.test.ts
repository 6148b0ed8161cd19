import { afterEach, expect, it, vi } from "vitest";
import { Progress } from "../../harness/progress.js";

afterEach(() => {
  vi.restoreAllMocks();
});

it("says nothing of many short steps until two seconds are over, and then once in two seconds", () => {
  let now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (said.push(String(text)), true));
  const progress = new Progress();
  const texts = vi.fn(() => `at ${now}`);
  for (; now < 7500; now += 100) progress.tick(texts);
  expect(said.map((text) => text.trim())).toEqual(["at 3000", "at 5000", "at 7000"]);
  // Nobody has to make texts that are not shown.
  expect(texts).toHaveBeenCalledTimes(3);
});
