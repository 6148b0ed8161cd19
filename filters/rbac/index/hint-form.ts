// SPDX-License-Identifier: Apache-2.0
import { Attribute } from "../policy/attribute";
import { BitsOf, BitsTable, PORT_BITS } from "./bits-table";
import { Table } from "./table";
import { TextEnd } from "./hashes";
import { TextTable } from "./text-table";

/** The forms that keys can have, each of which needs a table of its own. Of texts, `TextEnd` twice, plus 1 to ignore case. */
export enum HintForm {
  Exact,
  ExactIgnoringCase,
  Prefix,
  PrefixIgnoringCase,
  Suffix,
  SuffixIgnoringCase,
  Contains,
  ContainsIgnoringCase,
  Address4,
  Address6,
  Port,
}

/** Number of forms. */
export const HINT_FORMS: i32 = 11;

/** From so many octets or bits on, a key is taken to say much. */
const TELLING_OCTETS: i32 = 6;
const TELLING_BITS4: i32 = 16;
const TELLING_BITS6: i32 = 48;
const TELLING_PORT: i32 = PORT_BITS - 2;

/** An empty table for keys of a form. */
export function newTable(attribute: Attribute, form: HintForm): Table {
  switch (form) {
    case HintForm.Address4:
      return new BitsTable(attribute, BitsOf.Address4);
    case HintForm.Address6:
      return new BitsTable(attribute, BitsOf.Address6);
    case HintForm.Port:
      return new BitsTable(attribute, BitsOf.Port);
    default:
      return new TextTable(attribute, <TextEnd>((<i32>form) >> 1), ((<i32>form) & 1) != 0);
  }
}

/** How little a key of a size says by itself: 0 for one that hardly any value meets by chance. */
export function laxityOf(form: HintForm, size: i32): i32 {
  switch (form) {
    case HintForm.Exact:
    case HintForm.ExactIgnoringCase:
      return 0;
    case HintForm.Address4:
      return max(TELLING_BITS4 - size, 0) + 1;
    case HintForm.Address6:
      return max(TELLING_BITS6 - size, 0) + 1;
    case HintForm.Port:
      return max(TELLING_PORT - size, 0) + 1;
    default:
      return max(TELLING_OCTETS - size, 0) + 1;
  }
}
