import { z } from "zod";

const Pair = z.tuple([z.string(), z.string()]);

/** What a header field must be: one value, several in this order, or null for none. */
const Fields = z.record(z.string().toLowerCase(), z.union([z.string(), z.array(z.string()), z.null()]));

export const Expectation = z.strictObject({
  /** 0 together with `reset: true` when the stream ends without an answer. */
  status: z.int(),
  headers: Fields.default({}),
  body: z.string().optional(),
  trailers: Fields.default({}),
  reset: z.boolean().default(false),
  /** Response code details, as access logs have them. */
  details: z.string().optional(),
  /** Regular expressions for what cannot be told to the letter; a header's is for each of its values, of which there is one at least. */
  matches: z
    .strictObject({
      headers: z.record(z.string().toLowerCase(), z.string()).default({}),
      body: z.string().optional(),
      details: z.string().optional(),
    })
    .optional(),
  /** What reached the upstream; null when nothing may. */
  upstream: z
    .strictObject({
      method: z.string().optional(),
      path: z.string().optional(),
      headers: Fields.default({}),
      body: z.string().optional(),
      trailers: Fields.default({}),
    })
    .nullable()
    .optional(),
});

const PlainRequest = z.strictObject({
  /** Shown when it does not get what it should. */
  name: z.string().optional(),
  protocol: z.enum(["http1", "http2"]).default("http1"),
  method: z.string().default("GET"),
  path: z.string().default("/"),
  authority: z.string().default("example.com"),
  headers: z.array(Pair).default([]),
  body: z.string().optional(),
  trailers: z.array(Pair).optional(),
  /** Milliseconds that pass before it is sent. */
  pause: z.int().positive().optional(),
  /** Sent at the same time as the request before it. */
  together: z.boolean().optional(),
  /** Sent so many times at once; each must get what is expected. */
  concurrent: z.int().min(1).max(1000).optional(),
  /** The client goes away: when a callout has arrived where it was sent, or so many milliseconds after it has asked. */
  abandon: z.union([z.literal("callout"), z.int().positive()]).optional(),
  expect: Expectation,
  /** What the native filter answers instead. */
  native: Expectation.optional(),
  /** What is expected in a variant instead, by its name. */
  in: z.record(z.string(), Expectation).optional(),
  /** Reason of a difference from `expect`. */
  why: z.string().optional(),
});

/** Who goes away gets no answer. */
export const Request = z.preprocess((value) => {
  const abandoned = typeof value === "object" && value !== null && "abandon" in value && !("expect" in value);
  return abandoned ? { ...value, expect: { status: 0, reset: true } } : value;
}, PlainRequest);
