import type { Case } from "../../harness/conformance/cases.js";
import { EnvoySubject, type EnvoySubjectOptions } from "../../harness/conformance/envoy-subject.js";
import type { CaseOutcome } from "../../harness/conformance/subject.js";

// Cases of one Envoy cannot overlap, because they look at its counters and its log; those of several can, and much of
// their time is pauses.
const CASES_PER_ENVOY = 75;

/** Cases that several Envoys of their own take turns to run, all at once. */
export class Lanes {
  private readonly outcomes = new Map<Case, Promise<CaseOutcome>>();
  private isClosing = false;

  private constructor(
    private readonly subjects: readonly EnvoySubject[],
    private readonly dealt: readonly (readonly Case[])[],
  ) {}

  /** Starts as many Envoys. */
  static async start(count: number, options: EnvoySubjectOptions): Promise<Lanes> {
    // Cases that wait stand together in their files: this deals them out.
    const dealt = Array.from({ length: count }, (_, lane) =>
      options.cases.filter((_, index) => index % count === lane),
    );
    const subjects: EnvoySubject[] = [];
    try {
      // One after the other: while keys are made for one, this process answers no Envoy that fetches some.
      for (const cases of dealt) {
        subjects.push(await EnvoySubject.start({ ...options, cases, batchSize: CASES_PER_ENVOY }));
      }
    } catch (error) {
      await Promise.all(subjects.map((subject) => subject.close()));
      throw error;
    }
    return new Lanes(subjects, dealt);
  }

  /** Begins to run the cases. */
  run(): void {
    this.subjects.forEach((subject, lane) => {
      let before: Promise<unknown> = Promise.resolve();
      for (const one of this.dealt[lane] ?? []) {
        const outcome = before.then(() => {
          if (this.isClosing) throw new Error("nobody has asked for it");
          return subject.run(one);
        });
        // A rejection waits for whoever asks for its case.
        before = outcome.catch(() => undefined);
        this.outcomes.set(one, outcome);
      }
    });
  }

  /** What came of a case, as soon as its turn has come. */
  async outcome(one: Case): Promise<CaseOutcome> {
    const outcome = this.outcomes.get(one);
    if (outcome === undefined) throw new Error(`case "${one.case}" is in no lane`);
    return outcome;
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await Promise.allSettled(this.outcomes.values());
    await Promise.all(this.subjects.map((subject) => subject.close()));
  }
}
