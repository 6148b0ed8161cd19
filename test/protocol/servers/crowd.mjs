// A crowd of clients in a process of its own: it connects as often as it is told, sends each connection the same octets,
// and waits. Messages from the parent: {connect: {host, port, count, octets}}, {leave: true}. To the parent: {connected},
// {closed, answered, slowestMs} when the last one is over, whoever ended it.
import net from "node:net";

/** At once, so that no listener's backlog is full. */
const BATCH = 250;
let sockets = [];

process.on("message", (message) => {
  if (message.connect) void connect(message.connect);
  // An orderly end would be one more thing to decide about.
  if (message.leave) for (const socket of sockets) socket.resetAndDestroy();
});
process.on("disconnect", () => process.exit());

async function connect({ host, port, count, octets }) {
  const bytes = Buffer.from(octets, "latin1");
  let over = 0;
  let answered = 0;
  let slowestMs = 0;
  sockets = [];
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ host, port });
      sockets.push(socket);
      let sent = 0;
      socket.once("connect", () => {
        socket.write(bytes);
        sent = performance.now();
        resolve();
      });
      socket.once("data", () => answered++);
      socket.on("error", (error) => sent === 0 && reject(error));
      socket.once("close", () => {
        slowestMs = Math.max(slowestMs, performance.now() - sent);
        if (++over === count) process.send({ closed: over, answered, slowestMs });
      });
    });
  for (let left = count; left > 0; left -= BATCH) {
    await Promise.all(Array.from({ length: Math.min(left, BATCH) }, one));
  }
  process.send({ connected: count });
}
