import { expect, it } from "vitest";
import { findLoadGenerator } from "../../harness/bench/load.js";
import { prepareModules } from "../../harness/bench/modules.js";
import { Subject, type Surroundings } from "../../harness/bench/subject.js";
import { PROTOCOL_SCENARIOS } from "../../harness/bench/suite-protocol.js";
import { startEnvoy } from "../../harness/envoy/index.js";
import { Progress } from "../../harness/progress.js";

const quiet = Object.assign(new Progress(), { step: () => undefined });

// Only what is said to be the same work may be compared: a variant that decides otherwise does not start.
it.each(["http", "tls", "declared-server-first", "http-routed"])(
  "every variant of protocol/%s decides what it should",
  async (name) => {
    const around: Surroundings = { startEnvoy, envoy: {}, load: await findLoadGenerator(), progress: quiet };
    const scenario = PROTOCOL_SCENARIOS.find((one) => one.name === name);
    expect(scenario?.variants.map((variant) => variant.name)).toContain("tremula");
    if (!scenario) return;
    const modules = await prepareModules(scenario, quiet);
    for (const variant of scenario.variants.filter((one) => one.name !== "none")) {
      const subject = await Subject.start(scenario, variant, modules.get(variant.name), around);
      await subject.stop();
    }
  },
);
