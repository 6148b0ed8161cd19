import { expect, test } from "vitest";
import { loadUnit } from "../unit-module.js";

/** A host that takes every call. */
const TAKING = { proxy_http_call: () => 0 };

test("a call that is sent again asks for no memory", async () => {
  const unit = await loadUnit("http-call", TAKING);
  unit.give(Buffer.from("/check?a=b"));
  unit.call.send!(1, 60);
  // Nothing is collected while a call runs: 60 headers take more than 1000 octets each time.
  const before = unit.memorySize();
  expect(unit.call.send!(50_000, 60)).toBe(50_000);
  expect(unit.memorySize()).toBe(before);
});

test("what is in a kept call is checked each time", async () => {
  const unit = await loadUnit("http-call", TAKING);
  expect(unit.text(unit.call.refusal!())).toBe(
    "its headers: a name is no token or a value has control characters",
  );
});
