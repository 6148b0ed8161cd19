import { isMessage } from "./load.js";
import { tcpLoad } from "./load-tcp.js";
import { prepareModules } from "./modules.js";
import { rotate } from "./statistics.js";
import { Subject, type Surroundings } from "./subject.js";
import type { Scenario, ScenarioSamples } from "./types.js";

/** How long and how hard to measure. */
export interface RunOptions {
  readonly rounds: number;
  /** Of each round of each variant. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}

/**
 * Measures the variants of a scenario: each has an Envoy of its own with one worker, all of them run side by side, and
 * the rounds take turns, so that whatever else the machine does falls on all variants alike.
 */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  around: Surroundings,
): Promise<ScenarioSamples> {
  const modules = await prepareModules(scenario, around.progress);
  const subjects: Subject[] = [];
  const step = (subject: Subject, what: string): void => around.progress.step(`${subject.title}: ${what}`);
  try {
    for (const variant of scenario.variants) {
      around.progress.step(`${scenario.suite}/${scenario.name} ${variant.name}: starting Envoy`);
      subjects.push(await Subject.start(scenario, variant, modules.get(variant.name), around));
    }
    for (const subject of subjects) {
      step(subject, "warm-up");
      await subject.warmUp({ ...options, seconds: options.warmUpSeconds });
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const subject of rotate(subjects, round)) {
        step(subject, `round ${round + 1} of ${options.rounds}`);
        await subject.round(options);
      }
    }
    for (const subject of scenario.soakRequests ? subjects : []) {
      step(subject, `up to ${scenario.soakRequests} requests`);
      await subject.soak(scenario.soakRequests ?? 0, options);
    }
    return {
      suite: scenario.suite,
      scenario: scenario.name,
      envoyVersion: subjects[0]?.envoyVersion ?? "",
      load: (isMessage(scenario.request) ? tcpLoad : around.load).name,
      variants: await Promise.all(subjects.map((subject) => subject.samples())),
    };
  } finally {
    around.progress.clear();
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}
