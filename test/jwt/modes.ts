/** Numbers of `Mode` and `Verifier`. */
export const MODE = { strict: 0, envoy: 1 };
export const VERIFIER = { auto: 0, host: 1, own: 2 };
