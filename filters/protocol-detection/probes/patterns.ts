// SPDX-License-Identifier: Apache-2.0
import { Protocol } from "../detect/protocol";
import { PatternProbe } from "./pattern";
import { Probe } from "./probe";

/** A number of four octets, highest first, up to 2^20: the size of a first message, whatever is in it. */
const SIZE: string = "00 00-0f * *";
const NAME: string = "41-5a|5f|61-7a";
const HEX: string = "30-39|61-66 30-39|61-66 30-39|61-66 30-39|61-66";

/** The protocols that fixed places tell. */
export function addPatterns(to: Array<Probe>): void {
  // RFC 9113 section 3.4.
  add(to, Protocol.Http2, `"PRI_*_HTTP/2.0" 0d 0a 0d 0a "SM" 0d 0a 0d 0a`);
  // AMQP 0-9-1 section 4.2.2; 1.0 sections 2.2, 5.2.1 and 5.3.2; then the versions in between.
  add(to, Protocol.Amqp, `"AMQP" 00 00 09 01`);
  add(to, Protocol.Amqp, `"AMQP" 00|02|03 01 00 00`);
  add(to, Protocol.Amqp, `"AMQP" 01 01 00 09-0a`);
  add(to, Protocol.Amqp, `"AMQP" 01 01 08 00`);
  // RFC 4253 section 4.2 and, for 1.x, 5.1.
  add(to, Protocol.Ssh, `"SSH-2.0-"`);
  add(to, Protocol.Ssh, `"SSH-1." 30-39`);
  // RFC 5321 section 4.1.1.1 and RFC 2033: words of either case.
  add(to, Protocol.Smtp, `45|65 48|68 4c|6c 4f|6f 20`);
  add(to, Protocol.Smtp, `48|68 45|65 4c|6c 4f|6f 20`);
  add(to, Protocol.Smtp, `4c|6c 48|68 4c|6c 4f|6f 20`);
  // The binary protocol of memcached: requests that store, and the others, as far as clients begin with them.
  add(to, Protocol.Memcached, `80 01-03|11-13 00 01-fa 08 00 * * 00 00-0f * *`);
  add(to, Protocol.Memcached, `80 00|04-0d|10|1c-1e|20-22 00 00-fa 00|04|08|14 00 * * 00 00-0f * *`);
  add(to, Protocol.Nats, `"CONNECT_{"`);
  // ConnectRequest: size, version, last transaction, timeout, session, password of 16 octets.
  add(
    to,
    Protocol.ZooKeeper,
    `00 00 00 2c-2d 00 00 00 00 * * * * * * * * 00 * * * * * * * * * * * 00 00 00 10`,
  );
  // A call or a call without answer: binary and compact, bare and framed, and Facebook's THeader.
  add(to, Protocol.Thrift, `80 01 00 01|04 00 00 00 01-ff ${NAME}`);
  add(to, Protocol.Thrift, `${SIZE} 80 01 00 01|04 00 00 00 01-ff ${NAME}`);
  add(to, Protocol.Thrift, `82 21|81 00-7f 01-7f ${NAME}`);
  add(to, Protocol.Thrift, `${SIZE} 82 21|81 00-7f 01-7f ${NAME}`);
  add(to, Protocol.Thrift, `${SIZE} 0f ff 00 00-0f`);
  // A request: the bit says so, and there is no status yet.
  add(to, Protocol.Dubbo, `da bb 80-ff 00`);
  // PRELOGIN ([MS-TDS] section 2.2.6.5), which begins with the option VERSION.
  add(to, Protocol.Tds, `12 01 00-0f * 00 00 00-01 00 00`);
  // CONNECT of at least 58 octets, without checksums, of a version from 256 to 511.
  add(to, Protocol.Tns, `00 3a-ff 00 00 01 00 00 00 01`);
  add(to, Protocol.Tns, `01-1f * 00 00 01 00 00 00 01`);
  add(to, Protocol.Stomp, `"CONNECT" 0a`);
  add(to, Protocol.Stomp, `"CONNECT" 0d 0a`);
  add(to, Protocol.Stomp, `"STOMP" 0a`);
  add(to, Protocol.Stomp, `"STOMP" 0d 0a`);
  // Java Remote Method Protocol, version 2: stream, single operation or multiplex.
  add(to, Protocol.Jrmp, `"JRMI" 00 02 4b-4d`);
  add(to, Protocol.Rsync, `"@RSYNCD:_"`);
  add(to, Protocol.Git, `${HEX} "git-upload-pack_"`);
  add(to, Protocol.Git, `${HEX} "git-receive-pack_"`);
  add(to, Protocol.Git, `${HEX} "git-upload-archive_"`);
  // A session message (RFC 1002 section 4.3.1) with an SMB 1 or SMB 2 header in it.
  add(to, Protocol.Smb, `00 00-01 * * fe-ff "SMB"`);
  add(to, Protocol.Elasticsearch, `"ES" 00 00-0f * *`);
  // Hello: packet 0, then the client's name with its length, which begins so for every client of the server's own.
  add(to, Protocol.ClickHouse, `00 0b-7f "ClickHouse_"`);
  add(to, Protocol.Adb, `"CNXN" 00-01 00 00 01 * * * * * * * * * * * * bc b1 a7 b1`);
  // A hard reset of version 2 without authentication: session, no acknowledgements, packet 0.
  add(to, Protocol.OpenVpn, `00 0e 38 * * * * * * * * 00 00 00 00 00`);
  add(to, Protocol.BitTorrent, `13 "BitTorrent_protocol"`);
}

function add(to: Array<Probe>, protocol: Protocol, pattern: string): void {
  to.push(new PatternProbe(protocol, pattern));
}
