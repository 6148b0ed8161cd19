import type { IstioProtocol } from "./declarations-convert.js";

/** Names that the filter's configuration takes for a declared protocol. */
export const FILTER_PROTOCOLS: ReadonlySet<string> = new Set(
  (
    "auto tcp http https grpc-web http/1.0 http/1.1 http2 grpc tls redis postgres mongo kafka amqp mqtt ssh smtp dns " +
    "cassandra memcached nats zookeeper thrift dubbo rdp ldap tds tns socks4 socks5 xmpp rtsp sip stomp jrmp rsync git " +
    "smb elasticsearch clickhouse syslog adb openvpn tinc bittorrent mysql mariadb ftp pop3 imap vnc telnet"
  ).split(" "),
);

/** What the filter calls what Istio has decided; UDP never reaches it. */
export const FILTER_NAMES: Readonly<Record<Exclude<IstioProtocol, "UDP">, string>> = {
  TCP: "tcp",
  GRPC: "grpc",
  "GRPC-Web": "grpc-web",
  HTTP: "http",
  HTTP_PROXY: "http",
  HTTP2: "http2",
  HTTPS: "https",
  TLS: "tls",
  Mongo: "mongo",
  Redis: "redis",
  MySQL: "mysql",
  Unsupported: "auto",
};
