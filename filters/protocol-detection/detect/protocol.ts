// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/** What a connection speaks. The names are those of Istio and Kubernetes where these have one. */
export enum Protocol {
  Unknown,
  // What a client's first octets tell.
  Http10,
  Http11,
  Http2,
  Grpc,
  Tls,
  Redis,
  Postgres,
  Mongo,
  Kafka,
  Amqp,
  Mqtt,
  Ssh,
  Smtp,
  Dns,
  Cassandra,
  Memcached,
  Nats,
  ZooKeeper,
  Thrift,
  Dubbo,
  Rdp,
  Ldap,
  Tds,
  Tns,
  Socks4,
  Socks5,
  Xmpp,
  Rtsp,
  Sip,
  Stomp,
  Jrmp,
  Rsync,
  Git,
  Smb,
  Elasticsearch,
  ClickHouse,
  Syslog,
  Adb,
  OpenVpn,
  Tinc,
  BitTorrent,
  // What only a server's greeting tells.
  MySql,
  MariaDb,
  Ftp,
  Pop3,
  Imap,
  Vnc,
  Telnet,
}

const NAMES: StaticArray<string> = [
  "unknown",
  "http/1.0",
  "http/1.1",
  "http2",
  "grpc",
  "tls",
  "redis",
  "postgres",
  "mongo",
  "kafka",
  "amqp",
  "mqtt",
  "ssh",
  "smtp",
  "dns",
  "cassandra",
  "memcached",
  "nats",
  "zookeeper",
  "thrift",
  "dubbo",
  "rdp",
  "ldap",
  "tds",
  "tns",
  "socks4",
  "socks5",
  "xmpp",
  "rtsp",
  "sip",
  "stomp",
  "jrmp",
  "rsync",
  "git",
  "smb",
  "elasticsearch",
  "clickhouse",
  "syslog",
  "adb",
  "openvpn",
  "tinc",
  "bittorrent",
  "mysql",
  "mariadb",
  "ftp",
  "pop3",
  "imap",
  "vnc",
  "telnet",
];

/** Number of protocols, `Unknown` among them: their numbers are below it. */
export const PROTOCOLS: i32 = 49;

/** The name in configurations, labels and counters. */
export function protocolName(protocol: Protocol): string {
  return <u32>protocol < <u32>NAMES.length ? NAMES[protocol] : NAMES[Protocol.Unknown];
}

/** The protocol of a name; `Unknown` for every other text. Case counts. */
export function parseProtocol(name: Bytes): Protocol {
  for (let i = 1; i < NAMES.length; i++) if (name.equals(Bytes.fromString(NAMES[i]))) return <Protocol>i;
  return Protocol.Unknown;
}
