import { describe, expect, it } from "vitest";
import { isPrivate, lead } from "../../harness/images/lead.js";

// Addresses and no names, so that nobody's DNS is asked: 203.0.113.0/24 and 2001:db8::/32 are for documentation.
const PUBLIC = new URL("https://203.0.113.7/v2/");

describe("a registry may lead", () => {
  it.each([
    ["https://203.0.113.7/v2/", "/elsewhere", "https://203.0.113.7/elsewhere"],
    ["https://203.0.113.7/v2/", "https://storage.example/x", "https://storage.example/x"],
    ["http://203.0.113.7/v2/", "https://storage.example/x", "https://storage.example/x"],
    ["http://127.0.0.1:5000/v2/", "http://10.0.0.1/x", "http://10.0.0.1/x"],
    ["https://10.0.0.1/v2/", "https://192.168.0.1/x", "https://192.168.0.1/x"],
    ["https://localhost/v2/", "https://10.0.0.1/x", "https://10.0.0.1/x"],
  ])("from %s to %s", async (from, to, there) => {
    expect((await lead(new URL(from), to, "x")).href).toBe(there);
  });
});

describe("a registry may not lead", () => {
  it.each([
    ["http://203.0.113.7/x", /without TLS/],
    ["//127.0.0.1/x", /private network/],
    ["https://localhost/x", /private network/],
    ["https://LOCALHOST./x", /private network/],
    ["https://db.localhost/x", /private network/],
    ["https://169.254.169.254/latest/meta-data/", /private network/],
    ["https://2130706433/x", /private network/],
    ["https://0x7f.1/x", /private network/],
    ["https://0/x", /private network/],
    ["https://[::1]/x", /private network/],
    ["https://[::]/x", /private network/],
    ["https://[::ffff:10.0.0.1]/x", /private network/],
    ["https://[fe80::1]/x", /private network/],
    ["https://[fd00::1]/x", /private network/],
    ["https://user:secret@storage.example/x", /password/],
    ["ftp://storage.example/x", /not HTTP/],
    ["https://", /nowhere/],
    ["", /nowhere/],
  ])("from outside to %j", async (to, why) => {
    await expect(lead(PUBLIC, to, "pulling")).rejects.toThrow(why);
  });
});

it.each([
  "203.0.113.7",
  "[2001:db8::1]",
  "storage.example",
  "localhost.example",
  "[::ffff:203.0.113.7]",
  "11.0.0.1",
])("%s is no private address", (host) => {
  expect(isPrivate(host)).toBe(false);
});
