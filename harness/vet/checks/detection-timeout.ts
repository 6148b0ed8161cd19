import type { Check } from "../check.js";

/** Zero, as Go writes durations. No part of it can be read in two ways, so that a long one takes no longer to refuse. */
const NOTHING = /^[-+]?0+(?:\.0+)*\.?(?:(?:ns|us|µs|ms|s|m|h)0+(?:\.0+)*\.?)*(?:ns|us|µs|ms|s|m|h)?$/;

export const detectionTimeout: Check = {
  id: "PD006",
  title: "protocol detection has a timeout",
  severity: "warning",
  why:
    "When it runs out, a connection is TCP, whatever it speaks: under load, or for a client that waits on purpose, requests " +
    "pass without the policies for HTTP (istio/istio#26103).",
  *run(mesh) {
    const { values, at, path: base } = mesh.config;
    const set = values["protocolDetectionTimeout"];
    if (at === undefined || typeof set !== "string" || NOTHING.test(set)) return;
    yield {
      at,
      path: [...base, "protocolDetectionTimeout"],
      message: `protocolDetectionTimeout is ${set}`,
      fix: "set it to 0s, and declare the ports whose servers speak first (PD002)",
    };
  },
};
