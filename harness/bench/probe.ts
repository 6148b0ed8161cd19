import { request as send } from "undici";
import { HarnessError } from "../errors.js";
import type { Scenario, Variant } from "./types.js";

/** Sends one request and fails unless the answer is what the scenario says: only equal work may be compared. */
export async function checkAnswer(
  scenario: Scenario,
  variant: Variant,
  address: { host: string; port: number },
): Promise<void> {
  const { request } = scenario;
  const answer = await send(`http://${address.host}:${address.port}${request.path}`, {
    method: (request.method ?? "GET") as "GET",
    headers: request.headers ?? {},
    body: request.body ?? null,
  });
  await answer.body.dump();
  const what = `${scenario.suite}/${scenario.name} ${variant.name}`;
  const wanted = request.status ?? 200;
  if (variant.name !== "none" && answer.statusCode !== wanted) {
    throw new HarnessError(
      "BENCH_WRONG_ANSWER",
      `${what} answered ${answer.statusCode} instead of ${wanted}`,
    );
  }
  for (const [name, value] of Object.entries(variant.name === "none" ? {} : (request.expectHeaders ?? {}))) {
    const got = answer.headers[name.toLowerCase()];
    if (got !== value) {
      const said = got === undefined ? "no such header" : `"${String(got)}"`;
      throw new HarnessError("BENCH_WRONG_ANSWER", `${what} answered ${said} instead of ${name}: ${value}`);
    }
  }
}
