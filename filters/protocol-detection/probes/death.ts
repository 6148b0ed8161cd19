// SPDX-License-Identifier: Apache-2.0

/** Why an octet cannot be in a protocol, for explanations. All are negative: that is what tells them from protocols. */
export enum Death {
  /** A fixed octet is another one. */
  Magic = -1,
  /** A length that is too small, too large or at odds with another one. */
  Length = -2,
  Version = -3,
  /** A message of a kind that no client begins with, or that does not exist. */
  Type = -4,
  /** A field has a value that the protocol does not have. */
  Field = -5,
  /** An octet that cannot be in a text. */
  Text = -6,
  Method = -7,
  LineEnd = -8,
  /** A word that is not one of the protocol's. */
  Word = -9,
  /** The connection ended before the probe could tell. */
  EndOfStream = -10,
  /** Something that others speak, too. */
  Ambiguous = -11,
  /** What it would be is not among those looked for. */
  NotEnabled = -12,
}

const TEXTS: StaticArray<string> = [
  "not its signature",
  "a length that it does not have",
  "a version that it does not have",
  "not a message that a client begins with",
  "a field has a value that it does not have",
  "an octet that its text cannot have",
  "not a known method",
  "not how its line ends",
  "not one of its words",
  "the connection ended too early",
  "others could say the same",
  "not looked for",
];

/** The reason in words. */
export function deathText(death: i32): string {
  const index = -death - 1;
  return <u32>index < <u32>TEXTS.length ? TEXTS[index] : "";
}
