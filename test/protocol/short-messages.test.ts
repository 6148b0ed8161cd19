import { beforeAll, expect, it } from "vitest";
import { hex, text } from "./corpus.js";
import { Driver } from "./driver.js";

// First messages of clients that wait for the answer then, of protocols that are not among ours: whoever examines them must
// come to an end with what there is, as nothing more follows and no stream ends.

let driver: Driver;

beforeAll(async () => {
  driver = await Driver.load();
  driver.use();
});

it.each<[string, Buffer, number]>([
  ["AJP, CPing", hex("1234 0001 0a"), 4],
  ["BGP, OPEN", hex("ffffffff ffffffff ffffffff ffffffff 001d 01 04"), 3],
  ["DB2, EXCSAT", hex("0029 d041 0001 0023 1041"), 6],
  ["Diameter", hex("010000c4 80000101 00000000"), 5],
  ["DNP3", hex("0564 05c0 0100 0004 e921"), 8],
  ["EtherNet/IP, RegisterSession", hex("6500 0400 00000000 00000000"), 3],
  ["FastCGI", hex("01010001 00080000 00010000 00000000"), 6],
  ["Gearman", hex("00524551 00000001 00000004 61626364"), 13],
  ["Hazelcast", text("HZC"), 3],
  ["IEC 60870-5-104, STARTDT", hex("6804 07000000"), 3],
  ["iSCSI, login", hex("43870000 00000067 00023d00 00000000"), 10],
  ["Minecraft", hex("1000 2f 09 6c6f63616c686f7374 63dd 01"), 5],
  ["Modbus, read coils", hex("0001 0000 0006 01 01 0000 0001"), 12],
  ["Modbus, read registers", hex("0007 0000 0006 01 03 0064 000a"), 10],
  ["Neo4j, Bolt", hex("6060b017 00000404 00000004 00000003 00000000"), 3],
  ["NFS", hex("80000028 12345678 00000000 00000002 000186a3"), 5],
  ["OpenWire", hex("0000013a 01 4163746976654d51"), 6],
  ["OPC UA", text("HELF"), 4],
  ["RethinkDB", hex("202d0c40"), 3],
  ["Riak, ping", hex("00000001 01"), 5],
  ["RTMP", hex("03 00000000 00000000"), 8],
  ["S7, connection request", hex("03000016 11e00000 000100c1"), 10],
  ["SMPP, bind", hex("0000002f 00000002 00000000 00000001 6100"), 14],
  ["telnet", hex("fffd03"), 3],
  ["VNC, version", text("RFB 003.008\n"), 3],
  ["X11", hex("6c000b00 00000000 00000000"), 3],
  ["X11, big-endian", hex("4200000b 00000000 00000000"), 4],
  ["Zabbix", hex("5a425844 01"), 3],
  ["finger and whois", text("ab\r\n"), 3],
  ["ident", text("6193, 23\r\n"), 5],
  ["Redis, in a line", text("PING\r\n"), 3],
  ["IRC", text("NICK a\r\n"), 3],
])("is settled by %s", (_, octets, at) => {
  expect(driver.whole(octets)).toEqual({ protocol: "unknown", reason: "unknown", at });
});

// docs/protocols.md names them: all that there is begins a protocol of ours, too.
it.each<[string, Buffer]>([
  ["one octet", text("\n")],
  ["gopher, finger: an empty line", text("\r\n")],
  ["Minecraft before 1.7, ping", hex("fe01")],
  ["MySQL's X protocol, CapabilitiesGet", hex("01000000 01")],
  ["Erlang's port mapper, NAMES", hex("0001 6e")],
  ["Modbus, coil 0 off", hex("0001 0000 0006 01 05 0000 0000")],
  ["Aerospike, all information", hex("0201 000000000000")],
])("is not settled by %s", (_, octets) => {
  expect(driver.whole(octets)).toBe(undefined);
});
