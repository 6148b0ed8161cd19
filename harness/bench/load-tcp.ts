import { execFile } from "node:child_process";
import type net from "node:net";
import { promisify } from "node:util";
import { z } from "zod";
import type { LoadGenerator, LoadSpec } from "./load.js";
import type { Message } from "./types.js";

const Output = z.object({
  requests: z.number(),
  wrong: z.number(),
  broken: z.number(),
  seconds: z.number(),
  p50: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
});

/** Sends messages over TCP, from a Node of its own so that its CPU and its timers are not ours. */
export const tcpLoad: LoadGenerator<Message> = {
  name: "node:net",
  async run(spec) {
    const program = [
      `import net from "node:net";`,
      `const result = await (${pingPong.toString()})(net, ${JSON.stringify(spec)});`,
      `console.log(JSON.stringify(result));`,
    ].join("\n");
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    const { requests, wrong, broken, seconds, p50, p99, p999, max } = Output.parse(JSON.parse(stdout));
    const kinds = Object.entries({ "wrong reply": wrong, "broken connection": broken });
    return {
      requests,
      errors: wrong + broken,
      errorText: kinds
        .filter(([, count]) => count > 0)
        .map(([kind, count]) => `${count} x ${kind}`)
        .join(", "),
      seconds,
      latency: { p50Micros: p50, p99Micros: p99, p999Micros: p999, maxMicros: max },
    };
  },
};

/** The load itself. It runs in the other process as text, so it can use nothing of this module. */
async function pingPong(
  { connect }: Pick<typeof net, "connect">,
  { host, port, request, connections, seconds }: LoadSpec<Message>,
): Promise<z.infer<typeof Output>> {
  const message = Buffer.from(request.send, "latin1");
  const expected = Buffer.from(request.expect, "latin1");
  const length = request.length ?? expected.length;
  const latencies: number[] = [];
  let wrong = 0;
  let broken = 0;
  const start = performance.now();
  const end = start + seconds * 1000;

  const connection = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true });
      const reply = Buffer.alloc(length);
      let received = 0;
      let sent = 0;
      let over = false;
      const finish = (): void => {
        over = true;
        socket.destroy();
        resolve();
      };
      const send = (): void => {
        sent = performance.now();
        received = 0;
        socket.write(message);
      };
      socket.on("connect", send);
      socket.on("data", (chunk) => {
        const fits = received + chunk.length <= length;
        if (fits) chunk.copy(reply, received);
        received += chunk.length;
        if (fits && received < length) return;
        if (!fits || reply.compare(expected, 0, expected.length, 0, expected.length) !== 0) {
          wrong++;
          finish();
          return;
        }
        const now = performance.now();
        latencies.push((now - sent) * 1000);
        if (now >= end) {
          finish();
        } else if (request.reconnect !== true) {
          send();
        } else {
          over = true;
          socket.destroy();
          void connection().then(resolve);
        }
      });
      socket.on("error", () => undefined);
      socket.on("close", () => {
        if (over) return;
        broken++;
        resolve();
      });
      // A reply that never comes must not hold the run up for ever.
      setTimeout(() => socket.destroy(), end - start + 5000).unref();
    });
  await Promise.all(Array.from({ length: connections }, connection));

  const elapsed = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const percentile = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requests: latencies.length,
    wrong,
    broken,
    seconds: elapsed,
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
    max: percentile(1),
  };
}
