// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Protocol } from "../detect/protocol";
import { CassandraProbe } from "./cassandra";
import { DnsProbe } from "./dns";
import { KafkaProbe } from "./kafka";
import { LdapProbe } from "./ldap";
import { MemcachedProbe } from "./memcached";
import { rtspMethods, sipMethods } from "./methods";
import { MongoProbe } from "./mongo";
import { MqttProbe } from "./mqtt";
import { addPatterns } from "./patterns";
import { PostgresProbe } from "./postgres";
import { Probe } from "./probe";
import { RdpProbe } from "./rdp";
import { RedisProbe } from "./redis";
import { RequestLineProbe } from "./request-line";
import { Socks4Probe } from "./socks4";
import { Socks5Probe } from "./socks5";
import { SyslogProbe } from "./syslog";
import { TincProbe } from "./tinc";
import { TlsProbe } from "./tls";
import { XmppProbe } from "./xmpp";
import { ZooKeeperWordProbe } from "./zookeeper";

/** A probe for each way in which a client may begin; docs/protocols.md has the rules and where they come from. */
export function clientProbes(methods: Array<Bytes>): Array<Probe> {
  const probes: Array<Probe> = [
    new RequestLineProbe(Protocol.Http10, methods, "HTTP/1.", Protocol.Http10, Protocol.Http11),
    new TlsProbe(),
    new RedisProbe(),
    new PostgresProbe(),
    new MongoProbe(),
    new KafkaProbe(),
    new MqttProbe(),
    new DnsProbe(),
    new CassandraProbe(),
    new MemcachedProbe(),
    new ZooKeeperWordProbe(),
    new RdpProbe(),
    new LdapProbe(),
    new Socks4Probe(),
    new Socks5Probe(),
    new XmppProbe(),
    new RequestLineProbe(Protocol.Rtsp, rtspMethods(), "RTSP/1.", Protocol.Rtsp, Protocol.Unknown),
    new RequestLineProbe(Protocol.Sip, sipMethods(), "SIP/2.", Protocol.Sip, Protocol.Unknown),
    new SyslogProbe(),
    new TincProbe(),
  ];
  addPatterns(probes);
  return probes;
}
