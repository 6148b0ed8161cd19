import assert from "node:assert/strict";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import http2 from "node:http2";
import https from "node:https";
import path from "node:path";
import { once } from "node:events";
import { startGrpc } from "../../../harness/upstream/index.js";
import { run, serve, userNamed } from "./program.js";
import type { RealServer } from "./server.js";

/** Debian's mail server; it takes every message and forgets it. */
export const exim: RealServer = {
  name: "Exim",
  programs: ["exim4", "curl"],
  takesRoot: true,
  declared: "smtp",
  found: ["smtp", "deadline"],
  async start(folder, port) {
    const user = userNamed("Debian-exim");
    const spool = path.join(folder, "spool");
    await mkdir(spool);
    if (user) await chown(spool, user.uid, user.gid);
    const file = path.join(folder, "exim.conf");
    const lines = [
      "primary_hostname = mail.example",
      `spool_directory = ${spool}`,
      `log_file_path = ${spool}/%slog`,
      `pid_file_path = ${spool}/pid`,
      "local_interfaces = 127.0.0.1",
      `daemon_smtp_ports = ${port}`,
      "host_lookup =",
      "rfc1413_hosts =",
      "tls_advertise_hosts =",
      "queue_only",
      "acl_smtp_rcpt = accept",
      "acl_smtp_data = accept",
      "begin routers",
      "nowhere:",
      "  driver = redirect",
      "  data = :blackhole:",
    ];
    await writeFile(file, `${lines.join("\n")}\n`);
    return serve("exim4", ["-bdf", "-C", file], port, user);
  },
  async use(port, folder) {
    const mail = path.join(folder, "mail");
    await writeFile(mail, "Subject: hello\r\n\r\nhello\r\n");
    const envelope = ["--mail-from", "ada@example.com", "--mail-rcpt", "grace@example.com", "-T", mail];
    const said = await run("curl", [
      "-sSv",
      "--max-time",
      "20",
      "--stderr",
      "-",
      `smtp://127.0.0.1:${port}`,
      ...envelope,
    ]);
    assert.match(said, /^< 250 OK id=/m);
  },
};

export const openssh: RealServer = {
  name: "OpenSSH",
  programs: ["sshd", "ssh", "ssh-keygen"],
  declared: "ssh",
  found: ["ssh", "detected"],
  async start(folder, port) {
    // Where root's stays apart from its unprivileged half; its service makes that folder too.
    if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const [host, client] = [path.join(folder, "host"), path.join(folder, "client")];
    for (const file of [host, client]) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    const options = {
      ListenAddress: "127.0.0.1",
      HostKey: host,
      AuthorizedKeysFile: `${client}.pub`,
      // The folder is one that everybody may write to.
      StrictModes: "no",
      PermitRootLogin: "yes",
      PidFile: "none",
    };
    const given = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    return serve("sshd", ["-D", "-e", "-f", "/dev/null", "-p", `${port}`, ...given], port);
  },
  async use(port, folder) {
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      "ConnectTimeout=20",
      "IdentitiesOnly=yes",
    ].flatMap((option) => ["-o", option]);
    const login = ["-F", "none", "-i", path.join(folder, "client"), "-p", `${port}`, "127.0.0.1"];
    assert.equal(await run("ssh", [...options, ...login, "echo", "hello"]), "hello\n");
  },
};

export const mosquitto: RealServer = {
  name: "Mosquitto",
  programs: ["mosquitto", "mosquitto_pub", "mosquitto_sub"],
  declared: "mqtt",
  found: ["mqtt", "detected"],
  async start(folder, port) {
    const file = path.join(folder, "mosquitto.conf");
    await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    return serve("mosquitto", ["-c", file], port);
  },
  async use(port) {
    const topic = ["-h", "127.0.0.1", "-p", `${port}`, "-t", "color"];
    await run("mosquitto_pub", [...topic, "-r", "-m", "green"]);
    assert.equal(await run("mosquitto_sub", [...topic, "-C", "1", "-W", "20"]), "green\n");
  },
};

export const tls: RealServer = {
  name: "HTTPS",
  programs: ["curl", "openssl"],
  declared: "https",
  label: "tls",
  found: ["tls", "detected"],
  serverName: "shop.example",
  async start(folder, port) {
    const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "certificate.pem")];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    await run("openssl", ["req", ...kind, "-subj", "/CN=shop.example", "-keyout", key, "-out", cert]);
    const identity = { key: await readFile(key), cert: await readFile(cert) };
    const server = https.createServer(identity, (_request, response) => response.end("hello\n"));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return {
      port,
      async stop() {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      },
    };
  },
  async use(port) {
    const where = ["--resolve", `shop.example:${port}:127.0.0.1`, `https://shop.example:${port}/`];
    assert.equal(await run("curl", ["-sSk", "--max-time", "20", ...where]), "hello\n");
  },
};

export const grpc: RealServer = {
  name: "gRPC",
  programs: [],
  declared: "grpc",
  found: ["grpc", "detected"],
  lookFor: ["http", "grpc"],
  async start() {
    const server = await startGrpc();
    return { port: server.port, stop: () => server.close() };
  },
  async use(port) {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    // What is wrong with it is wrong with its stream too.
    session.on("error", () => undefined);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": "/tremula.Echo/Unary",
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.setTimeout(20_000, () => stream.destroy(new Error("no answer")));
      const message = Buffer.from("\0\0\0\0\x05hello", "latin1");
      stream.end(message);
      let answer = Buffer.alloc(0);
      for await (const chunk of stream as AsyncIterable<Buffer>) answer = Buffer.concat([answer, chunk]);
      assert.deepEqual(answer, message);
    } finally {
      session.destroy();
    }
  },
};
