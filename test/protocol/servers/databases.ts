import assert from "node:assert/strict";
import { chown, mkdir } from "node:fs/promises";
import path from "node:path";
import { run, serve, userNamed } from "./program.js";
import type { RealServer } from "./server.js";

export const redis: RealServer = {
  name: "Redis",
  programs: ["redis-server", "redis-cli"],
  declared: "redis",
  found: ["redis", "detected"],
  start(folder, port) {
    const where = ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder];
    return serve("redis-server", [...where, "--save", "", "--appendonly", "no"], port);
  },
  async use(port) {
    const cli = (...command: string[]) => run("redis-cli", ["-p", `${port}`, ...command]);
    assert.equal(await cli("SET", "color", "green"), "OK\n");
    assert.equal(await cli("GET", "color"), "green\n");
  },
};

export const postgres: RealServer = {
  name: "PostgreSQL",
  programs: ["initdb", "postgres", "psql"],
  declared: "postgres",
  found: ["postgres", "detected"],
  async start(folder, port) {
    // It refuses to be root's.
    const user = userNamed("postgres");
    const data = path.join(folder, "data");
    await mkdir(data, { mode: 0o700 });
    if (user) await chown(data, user.uid, user.gid);
    await run("initdb", ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], user);
    const where = ["-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", ""];
    return serve("postgres", [...where, "-F"], port, user);
  },
  async use(port) {
    const login = ["-X", "-h", "127.0.0.1", "-p", `${port}`, "-U", "postgres", "-d", "postgres"];
    assert.equal(await run("psql", [...login, "-Atc", "SELECT 6 * 7"]), "42\n");
  },
};

export const mariadb: RealServer = {
  name: "MariaDB",
  programs: ["mariadbd", "mariadb"],
  declared: "mysql",
  found: ["mariadb", "deadline"],
  async start(folder, port) {
    const data = path.join(folder, "data");
    await mkdir(data);
    const root = process.getuid?.() === 0 ? ["--user=root"] : [];
    return serve(
      "mariadbd",
      [
        "--no-defaults",
        ...root,
        `--datadir=${data}`,
        `--socket=${path.join(folder, "socket")}`,
        `--pid-file=${path.join(folder, "pid")}`,
        "--bind-address=127.0.0.1",
        `--port=${port}`,
        // So that it needs no tables of users.
        "--skip-grant-tables",
        "--skip-networking=0",
        "--innodb-buffer-pool-size=8M",
        "--innodb-log-file-size=4M",
        "--innodb-flush-log-at-trx-commit=0",
        "--performance-schema=0",
      ],
      port,
    );
  },
  async use(port) {
    const login = ["--no-defaults", "-h", "127.0.0.1", "-P", `${port}`, "-u", "root", "--connect-timeout=20"];
    assert.equal(await run("mariadb", [...login, "-Ne", "SELECT 6 * 7"]), "42\n");
  },
};

export const memcached: RealServer = {
  name: "memcached",
  // There is no client but for tests of load: curl sends what a file says.
  programs: ["memcached", "curl"],
  declared: "memcached",
  found: ["memcached", "detected"],
  start(_folder, port) {
    const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
    return serve("memcached", [...user, "-l", "127.0.0.1", "-p", `${port}`, "-U", "0", "-m", "16"], port);
  },
  async use(port) {
    // Gopher is what is behind one character of the path, and the end of a line.
    const commands = encodeURIComponent("set color 0 60 5\r\ngreen\r\nget color\r\nquit");
    const answer = await run("curl", ["-sS", "--max-time", "20", `gopher://127.0.0.1:${port}/_${commands}`]);
    assert.equal(answer, "STORED\r\nVALUE color 0 5\r\ngreen\r\nEND\r\n");
  },
};
