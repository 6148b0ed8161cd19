import { beforeAll, expect, it } from "vitest";
import { type Plugin } from "../../harness/host/index.js";
import { filterModule, startFilter, verdict } from "./filter.js";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = await filterModule();
});

const start = (more: object = {}): Plugin =>
  startFilter(module, {
    greetings: true,
    detection: { deadline: "1s" },
    declarations: [
      { port: 1, protocol: "tcp" },
      { port: 2, protocol: "smtp" },
      { port: 3, protocol: "auto", detect: { protocols: ["redis"], deadline: "0s" } },
    ],
    ...more,
  });

const heard = (plugin: Plugin, protocol: string): number =>
  plugin.counter(`protocol=.=${protocol};.;protocol_detection_refinements`);

const MYSQL = Buffer.from("4a0000000a382e302e3336000b000000", "hex");

it.each([1, 3, 1000])("tells what a declared TCP port speaks, in segments of %i octets", (size) => {
  const plugin = start();
  const connection = plugin.tcp({ destination: "10.0.0.1:1" });
  expect(verdict(connection)).toBe("tcp declared");
  for (let at = 0; at < MYSQL.length; at += size) connection.respond(MYSQL.subarray(at, at + size));
  expect(verdict(connection)).toBe("mysql declared");
  expect(Buffer.from(connection.clientBytes)).toEqual(MYSQL);
  expect(heard(plugin, "mysql")).toBe(1);
});

it("tells what a connection speaks that was let go at its deadline", () => {
  const plugin = start();
  const connection = plugin.tcp();
  plugin.advance(1_100);
  expect(verdict(connection)).toBe("unknown deadline");
  connection.respond("SSH-2.0-OpenSSH_9.2\r\n");
  expect(verdict(connection)).toBe("ssh deadline");
});

it("leaves alone what is declared, what was detected, and what it does not know", () => {
  const plugin = start();
  const declared = plugin.tcp({ destination: "10.0.0.1:2" });
  declared.respond(MYSQL);
  expect(verdict(declared)).toBe("smtp declared");
  const detected = plugin.tcp();
  detected.send("GET / HTTP/1.1\r\n");
  detected.respond(MYSQL);
  expect(verdict(detected)).toBe("http/1.1 detected");
  const unknown = plugin.tcp({ destination: "10.0.0.1:1" });
  unknown.respond("good day\r\n");
  unknown.respond(MYSQL);
  expect(verdict(unknown)).toBe("tcp declared");
  expect(heard(plugin, "mysql")).toBe(0);
});

it("is not looked at unless that is wanted", () => {
  const connection = start({ greetings: false }).tcp({ destination: "10.0.0.1:1" });
  connection.respond(MYSQL);
  expect(verdict(connection)).toBe("tcp declared");
});
