// Stock Envoy decides what is right: what our tables say of key sets and configurations, it is asked here.
import { afterAll, beforeAll, expect, test } from "vitest";
import { DOCUMENTS } from "./key-set-documents.js";
import { NativeValidation } from "./native-validation.js";
import { REFUSED } from "./refused-configurations.js";

const TIMEOUT_MS = 120_000;
const INVALID_KEYS = "has invalid local jwks: ";

let native: NativeValidation;
beforeAll(async () => {
  native = await NativeValidation.start();
});
afterAll(() => native.close());

test(
  "the native filter says the same of key sets",
  async () => {
    for (const [document, problem] of DOCUMENTS) {
      // No octets at all are "no keys yet" for a configuration; a server that sends none has failed.
      if (document === "") continue;
      const inline_string = typeof document === "string" ? document : JSON.stringify(document);
      const said = await native.ask({ providers: { p: { local_jwks: { inline_string } } } });
      const at = said.indexOf(INVALID_KEYS);
      const text = at < 0 ? said : said.slice(at + INVALID_KEYS.length).split("\n")[0];
      expect.soft([inline_string, text]).toEqual([inline_string, problem]);
    }
  },
  TIMEOUT_MS,
);

/** What we refuse and the native filter does not, by what we say. */
const OURS = [
  /duplicate field/,
  /is no name of a header field/,
  /must not be a pseudo header/,
  /must not be the host/,
  /must not begin with/,
  /inline_string: has no keys: Jwks is an invalid JSON/,
  /watched_directory: a Wasm filter/,
  /retry_priority: a Wasm filter/,
  /retry_host_predicate: a Wasm filter/,
  /failed_refetch_duration: must not be less than 0\.1s/,
  // A single value in place of a list is a habit of its parser that proto3 JSON does not have.
  /from_cookies: expected an array/,
];
/** Fields that it does not have: it cannot say. */
const OWN_FIELDS = /^\$\.(mode|verifier)|max_jwks_bytes|unknown_kid_refetch_interval/;

test(
  "the native filter refuses what we refuse, but for what is listed",
  async () => {
    for (const [configuration, error] of REFUSED) {
      const ours = typeof error === "string" ? error : error.source.replaceAll("\\", "");
      if (typeof configuration !== "object" || configuration === null || OWN_FIELDS.test(ours)) continue;
      const isAccepted = (await native.ask({ ...configuration, mode: undefined })) === "";
      if (isAccepted)
        expect
          .soft(
            OURS.some((known) => known.test(ours)),
            `${ours}: accepted`,
          )
          .toBe(true);
    }
  },
  TIMEOUT_MS,
);
