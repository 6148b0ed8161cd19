// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";

/**
 * The methods of RFC 9110, RFC 5789 (PATCH), and of WebDAV and its kin, as the IANA registry of HTTP methods has them, and
 * QUERY. Not `PRI`, which is there to be no method, and `*`.
 */
export function standardMethods(): Array<Bytes> {
  return methodsOf(
    "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL " +
      "LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH REBIND " +
      "REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL",
  );
}

/** RFC 2326 section 10; RTSP 2.0 is another protocol (RFC 7826). */
export function rtspMethods(): Array<Bytes> {
  return methodsOf(
    "OPTIONS DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER RECORD REDIRECT",
  );
}

/** The IANA registry of SIP methods. */
export function sipMethods(): Array<Bytes> {
  return methodsOf(
    "INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE",
  );
}

function methodsOf(text: string): Array<Bytes> {
  const words = text.split(" ");
  const methods: Array<Bytes> = [];
  for (let i = 0; i < words.length; i++) methods.push(Bytes.fromString(words[i]));
  return methods;
}
