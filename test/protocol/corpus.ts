// What clients begin with, and what comes of it: the known answers of the probes. Other suites replay them.
import { clientHello } from "./client-hello.js";

export interface Sample {
  readonly name: string;
  readonly octets: Buffer;
  /** What it is, with all protocols of the standard set looked for. */
  readonly protocol: string;
  /** Octets that decide. */
  readonly at: number;
  /** How it is known; `detected` for protocols and `unknown` for none by default. */
  readonly reason?: string;
  /** Whether the client ends its half behind these octets. */
  readonly endOfStream?: boolean;
}

export function text(octets: string): Buffer {
  return Buffer.from(octets, "latin1");
}

export function hex(octets: string): Buffer {
  return Buffer.from(octets.replace(/[^0-9a-f]/gi, ""), "hex");
}

function is(name: string, octets: Buffer, protocol: string, at: number): Sample {
  return { name, octets, protocol, at };
}

function no(name: string, octets: Buffer, at: number): Sample {
  return { name, octets, protocol: "unknown", at };
}

/** Not decided by these octets: the end of the stream settles it. */
function open(name: string, octets: Buffer, protocol = "unknown"): Sample {
  return { name, octets, protocol, at: octets.length, reason: "end-of-stream", endOfStream: true };
}

export const PREFACE = text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = hex("000000040000000000");
const ZOOKEEPER_CONNECT = hex(
  "0000002d 00000000 0000000000000000 00007530 0000000000000000 00000010 00000000000000000000000000000000 00",
);
const MONGO_HELLO = Buffer.concat([
  hex("3a000000 01000000 00000000 dd070000 00000000 00"),
  hex("25000000 10 68656c6c6f00 01000000 02 246462 00 06000000 61646d696e00 00"),
]);
const KAFKA_API_VERSIONS = Buffer.concat([
  hex("00000028 0012 0003 00000001 0007"),
  text("rdkafka"),
  hex("00"),
  hex("0d"),
  text("librdkafka-c"),
  hex("06"),
  text("2.3.0"),
  hex("00"),
]);

/** HTTP request lines and what only looks like one: the tables of Envoy's inspectors (shared reference 1.1 to 1.4). */
const HTTP: readonly Sample[] = [
  is("GET 1.1", text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "http/1.1", 16),
  is("GET 1.0 line only", text("GET /a HTTP/1.0\r\n"), "http/1.0", 17),
  is("GET 1.0 with headers", text("GET /anything HTTP/1.0\r\nhost: google.com\r\n\r\n"), "http/1.0", 24),
  is("LF only", text("GET /a HTTP/1.1\n"), "http/1.1", 16),
  is("extra spaces", text("GET  /a  HTTP/1.1\r\n\r\n"), "http/1.1", 19),
  is("body behind", text("POST /anything HTTP/1.1\r\nhost: a\r\n\r\nfoo"), "http/1.1", 25),
  is("CONNECT", text("CONNECT a.example:443 HTTP/1.1\r\n\r\n"), "http/1.1", 32),
  is("absolute form", text("GET http://a.example/ HTTP/1.1\r\n\r\n"), "http/1.1", 32),
  is("asterisk form", text("OPTIONS * HTTP/1.1\r\n\r\n"), "http/1.1", 20),
  is("WebDAV", text("PROPFIND /a HTTP/1.1\r\n\r\n"), "http/1.1", 22),
  is("longest method", text("UPDATEREDIRECTREF /a HTTP/1.1\r\n\r\n"), "http/1.1", 31),
  is("octets outside ASCII", text("GET /\xff\xfe HTTP/1.1\r\n\r\n"), "http/1.1", 18),
  is("long target", text(`GET /${"a".repeat(8100)} HTTP/1.1\r\n`), "http/1.1", 8116),
  no("HTTP/0.9 in a version", text("GET /a HTTP/0.9\r\n"), 13),
  no("HTTP/0.9 simple", text("GET /\r\n"), 6),
  no("HTTP/1.2", text("GET /a HTTP/1.2\r\n"), 15),
  no("HTTP/2.0 in a request line", text("GET /a HTTP/2.0\r\n"), 13),
  no("unknown method", text("BAD /anything HTTP/1.1\r\n"), 3),
  no("NOT_A_LEGAL_PREFIX", text("NOT_A_LEGAL_PREFIX /anything HTTP/1.0\r\n"), 4),
  no("trailing token", text("GET /anything HTTP/1.1 BadRequestLine\r\n"), 23),
  no("two targets", text("GET /a /b HTTP/1.1\r\n"), 8),
  no("leading CRLF", text("\r\nGET /anything HTTP/1.1\r\n"), 5),
  no("CRLF three times", text("\r\n\r\n\r\n"), 5),
  no("leading LF", text("\nGET / HTTP/1.1\r\n"), 6),
  no("leading space", text(" GET / HTTP/1.1\r\n"), 3),
  no("lower-case method", text("get /anything HTTP/1.1\r\n"), 5),
  no("lower-case version", text("GET / http/1.1\r\n"), 7),
  no("response line", text("HTTP/1.1 200 OK\r\n"), 3),
  no("tab for a space", text("GET\t/ HTTP/1.1\r\n"), 4),
  no("control octet in the target", text("GET /\x01 HTTP/1.1\r\n"), 6),
  no("CR alone", text("GET / HTTP/1.1\rHost: a\r\n"), 16),
  no("CR in the version", text("GET /index HTT\r"), 15),
  no("space behind the version", text("GET / HTTP/1.1 \r\n"), 15),
  is("HTTP/2 preface", Buffer.concat([PREFACE, SETTINGS]), "http2", 24),
  no("HTTP/2 bad octet", text("PRI * HTTP/2.0\r\n\r\x0c"), 18),
  no("HTTP/2 other end", text("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"), 24),
  no("HTTP/2 without its blank line", text("PRI * HTTP/2.0\r\nHost: a"), 17),
  no("PRI as a method", text("PRI / HTTP/1.1\r\n"), 5),
  open("no newline", text("GET /anything HTTP/1.1")),
  open("single G", text("G")),
  open("single X", text("X")),
  open("HTTP/2 preface partly", PREFACE.subarray(0, 16)),
  open("nothing", text("")),
];

const TLS: readonly Sample[] = [
  is("ClientHello", clientHello({ serverName: "example.com" }), "tls", 11),
  is("ClientHello of TLS 1.0", clientHello({ version: 0x0301 }), "tls", 11),
  is("ClientHello in records of 4 octets", clientHello({ recordSize: 4 }), "tls", 16),
  is("ClientHello in records of one octet", clientHello({ recordSize: 1 }), "tls", 36),
  is("ClientHello without extensions", clientHello({ hasExtensions: false }), "tls", 11),
  is("ClientHello of 16 KiB", clientHello({ padding: 16000, serverName: "a.example" }), "tls", 11),
  // Servers do not look at these versions.
  is("ClientHello of SSL 3", clientHello({ version: 0x0300 }), "tls", 11),
  is("ClientHello of no version", clientHello({ version: 0x0305 }), "tls", 11),
  is("record of another version", hex("16 0f05 0200 01 0001fc 0303"), "tls", 11),
  is("records without content", hex("16 0301 0000 16 0301 0000 16 0301 0200 01 0001fc 0303"), "tls", 21),
  is("hello of 128 KiB", hex("16 0301 0200 01 020144 0303"), "tls", 11),
  no("SSL 2 hello", hex("802e 01 0002 0015 0000 0010 010080"), 3),
  no("TLS alert", hex("15 0301 0002 0228"), 3),
  no("handshake that is no hello", hex("16 0301 0030 02 00002c 0303"), 6),
  no("record without content, and no other", hex("16 0301 0000 01"), 6),
  no("record that is too long", hex("16 0301 4001 01 000100 0303"), 5),
  no("hello that is too short", hex("16 0301 0010 01 00000c 0303"), 9),
  no("hello that is too long", hex("16 0301 0200 01 0301fc 0303"), 7),
  no("record of no version", hex("16 1005 0200 01"), 3),
  open("record header", hex("16 03 01 02 00")),
];

const CLIENTS: readonly Sample[] = [
  is("Redis PING", text("*1\r\n$4\r\nPING\r\n"), "redis", 8),
  is("Redis SET", text("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"), "redis", 8),
  is("Redis many words", text("*12\r\n$10\r\n"), "redis", 10),
  is("PostgreSQL request for TLS", hex("00000008 04d2162f"), "postgres", 8),
  is("PostgreSQL request for GSSAPI", hex("00000008 04d21630"), "postgres", 8),
  is("PostgreSQL cancellation", hex("00000010 04d2162e 00000001 00000002"), "postgres", 8),
  is(
    "PostgreSQL startup",
    Buffer.concat([hex("00000016 00030000"), text("user\0alice\0\0")]),
    "postgres",
    13,
  ),
  is(
    "PostgreSQL startup that reads like a Kafka request",
    Buffer.concat([hex("00000015 00030000"), text("user\0\x01A\0\0")]),
    "postgres",
    13,
  ),
  is("PostgreSQL 3.2", Buffer.concat([hex("00000016 00030002"), text("user\0alice\0\0")]), "postgres", 13),
  is("MongoDB OP_MSG", MONGO_HELLO, "mongo", 16),
  // The one length whose first octets are a whole greeting of another protocol.
  is("MongoDB in 261 octets", hex("05010000 01000000 00000000 dd070000 00000000 00"), "socks5", 3),
  is("MongoDB OP_QUERY", hex("3a000000 01000000 00000000 d4070000 00000000 61646d696e"), "mongo", 16),
  is("MongoDB OP_COMPRESSED", hex("3a000000 07000000 00000000 dc070000 dd070000"), "mongo", 16),
  is("Kafka ApiVersions", KAFKA_API_VERSIONS, "kafka", 21),
  is(
    "Kafka Metadata",
    Buffer.concat([hex("00000019 0003 0001 00000000 0007"), text("console"), hex("00000000")]),
    "kafka",
    21,
  ),
  is("Kafka without a client", hex("0000000a 0012 0000 00000001 ffff"), "kafka", 14),
  is("Kafka with an empty client", hex("0000000a 0012 0000 00000001 0000"), "kafka", 14),
  is("AMQP 0-9-1", hex("414d5150 00000901"), "amqp", 8),
  is("AMQP 1.0", hex("414d5150 00010000"), "amqp", 8),
  is("AMQP 1.0 with SASL", hex("414d5150 03010000"), "amqp", 8),
  is("MQTT 3.1.1", hex("10 13 0004 4d515454 04 02 003c 0007 636c69656e7431"), "mqtt", 9),
  is("MQTT 5", hex("10 14 0004 4d515454 05 02 003c 00 0007 636c69656e7431"), "mqtt", 9),
  is("MQTT 3.1", hex("10 15 0006 4d5149736470 03 02 003c 0007 636c69656e7431"), "mqtt", 11),
  is("MQTT with a long remainder", hex("10 8001 0004 4d515454 04 02 003c"), "mqtt", 10),
  is("MQTT bridge", hex("10 13 0004 4d515454 84 02 003c"), "mqtt", 9),
  is("SSH", text("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "ssh", 8),
  is("SSH 1.99", text("SSH-1.99-OpenSSH_3.5\r\n"), "ssh", 7),
  is("SMTP EHLO", text("EHLO client.example\r\n"), "smtp", 5),
  is("SMTP helo in small letters", text("helo client\r\n"), "smtp", 5),
  is("LMTP LHLO", text("LHLO client\r\n"), "smtp", 5),
  is(
    "DNS query",
    hex("001d 1234 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001"),
    "dns",
    31,
  ),
  is(
    "DNS query with EDNS",
    hex("0028 1234 0120 0001 0000 0000 0001 07 6578616d706c65 03 636f6d 00 001c 0001 00002904d000"),
    "dns",
    31,
  ),
  is("DNS query for the root", hex("0011 0000 0100 0001 0000 0000 0000 00 0002 0001"), "dns", 19),
  is("Cassandra OPTIONS", hex("04 00 0000 05 00000000"), "cassandra", 9),
  is("Cassandra OPTIONS, version 2", hex("02 00 00 05 00000000"), "cassandra", 8),
  is(
    "Cassandra STARTUP",
    Buffer.concat([hex("04 00 0000 01 00000016 0001 000b"), text("CQL_VERSION"), hex("0005"), text("3.0.0")]),
    "cassandra",
    24,
  ),
  is(
    "Cassandra STARTUP, version 3, stream 0",
    Buffer.concat([hex("03 00 0000 01 00000016 0001 000b"), text("CQL_VERSION"), hex("0005"), text("3.0.0")]),
    "cassandra",
    24,
  ),
  is("memcached get", text("get key\r\n"), "memcached", 9),
  is("memcached gets", text("gets a b\r\n"), "memcached", 10),
  is("memcached set", text("set key 0 60 5\r\nvalue\r\n"), "memcached", 16),
  is("memcached cas", text("cas key 0 -1 5 12345 noreply\r\n"), "memcached", 30),
  is("memcached stats", text("stats\r\n"), "memcached", 7),
  is("memcached version", text("version\r\n"), "memcached", 9),
  is("memcached meta no-op", text("mn\r\n"), "memcached", 4),
  is("memcached meta set", text("ms key 2 T90\r\nhi\r\n"), "memcached", 14),
  is("memcached flush_all", text("flush_all\r\n"), "memcached", 11),
  is(
    "memcached binary get",
    hex("80 00 0003 00 00 0000 00000003 00000000 0000000000000000 6b6579"),
    "memcached",
    12,
  ),
  is(
    "memcached binary set",
    hex("80 01 0003 08 00 0000 00000010 00000000 0000000000000000"),
    "memcached",
    12,
  ),
  is(
    "memcached binary SASL",
    hex("80 21 0005 00 00 0000 00000010 00000000 0000000000000000 504c41494e"),
    "memcached",
    12,
  ),
  is("NATS CONNECT", text('CONNECT {"verbose":false,"pedantic":false}\r\n'), "nats", 9),
  is("ZooKeeper session", ZOOKEEPER_CONNECT, "zookeeper", 32),
  is(
    "ZooKeeper session that reads like a Kafka request",
    hex(
      "0000002d 00000000 0000000500014142 00007530 0000000000000000 00000010 00000000000000000000000000000000 00",
    ),
    "zookeeper",
    32,
  ),
  is("ZooKeeper ruok", text("ruok"), "zookeeper", 4),
  is("ZooKeeper srvr", text("srvr\n"), "zookeeper", 4),
  is("ZooKeeper stat with newline", text("stat\n"), "zookeeper", 5),
  is("Thrift binary", hex("80010001 00000004 70696e67 00000000 00"), "thrift", 9),
  is("Thrift binary, one way", hex("80010004 00000003 7a6970 00000000 00"), "thrift", 9),
  is("Thrift framed", hex("00000011 80010001 00000004 70696e67 00000000 00"), "thrift", 13),
  is("Thrift compact", hex("82 21 00 04 70696e67 00"), "thrift", 5),
  is("Thrift framed compact", hex("00000009 82 21 01 04 70696e67 00"), "thrift", 9),
  is("THeader", hex("00000040 0fff 0000 00000001 0002"), "thrift", 8),
  is("Dubbo", hex("dabb c2 00 0000000000000001 00000010"), "dubbo", 4),
  is(
    "RDP with a cookie",
    Buffer.concat([
      hex("0300 002b 26 e0 0000 0000 00"),
      text("Cookie: mstshash=user\r\n"),
      hex("01000800 03000000"),
    ]),
    "rdp",
    11,
  ),
  is("RDP", hex("0300 0013 0e e0 0000 0000 00 01 00 0800 03000000"), "rdp", 11),
  is("LDAP bind", hex("30 0c 02 01 01 60 07 02 01 03 04 00 80 00"), "ldap", 6),
  is("LDAP search", hex("30 25 02 01 02 63 20 04 00"), "ldap", 6),
  is("LDAP StartTLS", hex("30 1d 02 01 01 77 18 80 16"), "ldap", 6),
  is("LDAP of Active Directory's clients", hex("30 84 00000010 02 01 01 60 84 00000007"), "ldap", 10),
  is("TDS prelogin", hex("12 01 002f 0000 01 00 00 001a 0006"), "tds", 9),
  is("TNS connect", hex("00 3a 0000 01 00 0000 013c 012c 0000"), "tns", 9),
  is("TNS long connect", hex("01 1f 0000 01 00 0000 013e 012c 0000"), "tns", 9),
  is("SOCKS5", hex("05 01 00"), "socks5", 3),
  is("SOCKS5 with two methods", hex("05 02 00 02"), "socks5", 4),
  is("SOCKS4", Buffer.concat([hex("04 01 0050 c0000201"), text("user\0")]), "socks4", 13),
  is("SOCKS4 without a user", hex("04 01 0050 c0000201 00"), "socks4", 9),
  is("XMPP", text("<?xml version='1.0'?><stream:stream to='a.example' xmlns='jabber:client'>"), "xmpp", 36),
  is("XMPP without a declaration", text("<stream:stream to='a.example'>"), "xmpp", 15),
  is("RTSP", text("OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n"), "rtsp", 29),
  is("RTSP DESCRIBE", text("DESCRIBE rtsp://a/b RTSP/1.0\r\n"), "rtsp", 30),
  is("SIP", text("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n"), "sip", 25),
  is("SIP INVITE", text("INVITE sip:a@b SIP/2.0\r\n"), "sip", 24),
  is("STOMP CONNECT", text("CONNECT\naccept-version:1.2\n\n\0"), "stomp", 8),
  is("STOMP STOMP", text("STOMP\r\naccept-version:1.2\r\n"), "stomp", 7),
  is("JRMP", hex("4a524d49 0002 4b"), "jrmp", 7),
  is("rsync", text("@RSYNCD: 31.0\n"), "rsync", 9),
  is("git", text("0033git-upload-pack /project.git\0host=a.example\0"), "git", 20),
  is("git push", text("0034git-receive-pack /project.git\0host=a.example\0"), "git", 21),
  is("SMB 2", hex("00 000054 fe 534d42 4000"), "smb", 8),
  is("SMB 1", hex("00 000085 ff 534d42 72"), "smb", 8),
  is("Elasticsearch transport", hex("4553 00000037 0000000000000001 08"), "elasticsearch", 6),
  is("ClickHouse", Buffer.concat([hex("00 11"), text("ClickHouse client"), hex("18")]), "clickhouse", 13),
  is("syslog", text("<34>Oct 11 22:14:15 host su: failed\n"), "syslog", 4),
  is("syslog with a length", text("36 <34>1 - host su - - - failed for lonv"), "syslog", 7),
  is("ADB", hex("434e584e 01000001 00001000 07000000 32020000 bcb1a7b1 686f73743a3a00"), "adb", 24),
  is("tinc", text("0 alpha 17.7\n"), "tinc", 13),
  is("tinc without a minor version", text("0 alpha 17\n"), "tinc", 11),
];

/** What is nearly a protocol, or several: it must be none. */
const NEAR_MISSES: readonly Sample[] = [
  no("Redis inline PING", text("PING\r\n"), 3),
  no("Redis inline SET", text("SET k v\r\n"), 4),
  no("Redis with a negative count", text("*-1\r\n"), 3),
  no("Redis without a string", text("*1\r\n:4\r\n"), 5),
  no("Redis with LF", text("*1\n$4\nPING\n"), 3),
  open("PostgreSQL of another version", hex("00000016 00020000 75736572 00")),
  no("PostgreSQL without a user", hex("00000009 00030000 00"), 9),
  is("MongoDB whose number is like TLS", hex("16030000 40010001 00000000 dd070000"), "mongo", 16),
  no("MongoDB answer", hex("3a000000 01000000 01000000 dd070000"), 9),
  no("MongoDB of another operation", hex("3a000000 01000000 00000000 d1070000"), 14),
  no("Kafka key that is none", hex("00000040 0070 0000 00000001 0007"), 6),
  no("Kafka version that is none", hex("00000040 0012 0040 00000001 0007"), 8),
  no("Kafka client longer than the request", hex("00000010 0012 0000 00000001 0040"), 14),
  no("AMQP of no version", hex("414d5150 00040404"), 6),
  no("MQTT name", hex("10 13 0004 4d515455 04"), 8),
  no("MQTT level", hex("10 13 0004 4d515454 07"), 9),
  no("MQTT of an endless length", hex("10 ffffffff 0004"), 5),
  no("SSH 3", text("SSH-3.0-x\r\n"), 5),
  no("DNS answer", hex("001d 1234 8180 0001 0001 0000 0000"), 5),
  no("DNS with two questions", hex("001d 1234 0100 0002 0000 0000 0000"), 8),
  no("DNS with a pointer", hex("001d 1234 0100 0001 0000 0000 0000 c00c 0001 0001"), 15),
  no("DNS that is too short", hex("0013 1234 0100 0001 0000 0000 0000 07 6578616d706c65"), 22),
  open("Cassandra answer", hex("84 00 0000 06 00000000")),
  no("memcached get without CR", text("get key\n"), 8),
  no("memcached set without numbers", text("set key a b c\r\n"), 10),
  no("memcached set with too few", text("set key 0 0\r\n"), 13),
  no("memcached key of 251 octets", text(`get ${"k".repeat(251)}\r\n`), 255),
  no("beanstalk put", text("put 0 0 60 5\r\n"), 3),
  no("NATS PING", text("PING\r\n"), 3),
  no("NATS CONNECT in small letters", text("connect {}\r\n"), 4),
  no("FTP USER", text("USER anonymous\r\n"), 3),
  no("POP3 USER", text("USER bob\r\n"), 3),
  no("IMAP LOGIN", text("a1 LOGIN u p\r\n"), 3),
  no("IRC NICK", text("NICK bob\r\n"), 3),
  no("graphite", text("servers.a.load 1 1700000000\n"), 3),
  no("statsd", text("a:1|c\n"), 3),
  no("GELF", text('{"version":"1.1"}\0'), 3),
  no("PROXY v1", text("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), 4),
  no("PROXY v2", hex("0d0a0d0a000d0a515549540a"), 6),
  no("100 zeros", Buffer.alloc(100), 5),
  no("ZooKeeper words that others begin with", text("statistics\n"), 5),
  no("ZooKeeper session of another version", hex("0000002d 00000001 0000000000000000"), 14),
  no("Thrift answer", hex("80010002 00000004 70696e67"), 5),
  no("Dubbo answer", hex("dabb 02 14"), 3),
  no("RDP with lengths that disagree", hex("0300 0013 0d e0 0000 0000 00"), 5),
  no("LDAP abandon", hex("30 06 02 01 01 50 01 02"), 6),
  no("TDS login without prelogin", hex("10 01 0090 0000 01 00"), 4),
  open("SOCKS5 without methods", hex("05 00")),
  open("SOCKS5 with a method twice", hex("05 02 00 00")),
  open("SOCKS4 to nowhere", hex("04 01 0000 c0000201 00")),
  no("XML that is no stream", text("<?xml version='1.0'?><html>"), 23),
  no("RTSP 2.0", text("OPTIONS rtsp://a/b RTSP/2.0\r\n"), 25),
  no("SIP 1.0", text("INVITE sip:a@b SIP/1.0\r\n"), 20),
  no("STOMP with a space", text("STOMP \n"), 6),
  no("git without an operation", text("0033git-annex /project.git\0"), 9),
  no("syslog priority 192", text("<192>x"), 4),
  no("syslog priority 00", text("<00>x"), 3),
  no("tinc 16", text("0 alpha 16.7\n"), 10),
  open("ZooKeeper stat", text("stat"), "zookeeper"),
  open("ZooKeeper stat so far", text("sta")),
  open("LDAP so far", hex("30 0c 02 01")),
];

export const SAMPLES: readonly Sample[] = [...HTTP, ...TLS, ...CLIENTS, ...NEAR_MISSES];

/** Protocols that are not looked for unless asked: with every protocol enabled. */
export const ON_REQUEST: readonly Sample[] = [
  is("BitTorrent", text("\x13BitTorrent protocol\0\0\0\0\0\0\0\0"), "bittorrent", 20),
  is("OpenVPN", hex("000e 38 0102030405060708 00 00000000"), "openvpn", 16),
];

/** What servers greet with. */
export const GREETINGS: readonly Sample[] = [
  is("MySQL", Buffer.concat([hex("4a000000 0a"), text("8.0.36\0"), hex("08000000")]), "mysql", 12),
  is(
    "MariaDB",
    Buffer.concat([hex("6d000000 0a"), text("5.5.5-10.11.6-MariaDB-0+deb12u1\0"), hex("08000000")]),
    "mariadb",
    37,
  ),
  is("MariaDB 11", Buffer.concat([hex("6d000000 0a"), text("11.4.2-MMariaDB\0")]), "mariadb", 21),
  is("MySQL error", Buffer.concat([hex("48000000 ff6a04"), text("Host 'a' is not allowed")]), "mysql", 7),
  is("SMTP", text("220 mail.example ESMTP Postfix\r\n"), "smtp", 32),
  is("SMTP of a host called ftp", text("220 ftp.example ESMTP\r\n"), "smtp", 23),
  is("SMTP in two lines", text("220-mail.example\r\n220 ESMTP ready\r\n"), "smtp", 35),
  is("FTP", text("220 (vsFTPd 3.0.3)\r\n"), "ftp", 20),
  is("FTP in two lines", text("220-Welcome\r\n220 ProFTPD Server\r\n"), "ftp", 33),
  is("POP3", text("+OK Dovecot ready.\r\n"), "pop3", 4),
  is("IMAP", text("* OK [CAPABILITY IMAP4rev1] ready\r\n"), "imap", 5),
  is("IMAP PREAUTH", text("* PREAUTH ready\r\n"), "imap", 10),
  is("NATS", text('INFO {"server_id":"x"}\r\n'), "nats", 6),
  is("VNC", text("RFB 003.008\n"), "vnc", 8),
  is("rsync", text("@RSYNCD: 31.0\n"), "rsync", 9),
  is("SSH", text("SSH-2.0-OpenSSH_9.2p1\r\n"), "ssh", 8),
  is("telnet", hex("fffd18 fffd20"), "telnet", 3),
  no("HTTP response", text("HTTP/1.1 400 Bad Request\r\n"), 2),
  no("220 of neither", text("220 welcome\r\n"), 13),
  no("MySQL of another protocol", Buffer.concat([hex("4a000000 09"), text("3.20\0")]), 5),
  no("421", text("421 too busy\r\n"), 2),
];
