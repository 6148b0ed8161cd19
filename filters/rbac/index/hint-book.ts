// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Hint, HintKind } from "../policy/hint";
import { PORT_BITS, PORT_SHIFT } from "./bits-table";
import { HINT_FORMS, HintForm, laxityOf, newTable } from "./hint-form";
import { Numbers } from "./numbers";
import { Slots } from "./slots";
import { Table } from "./table";
import { hashEnd, hashOf, hashSeed, hashWord, TextEnd } from "./hashes";

/** Of a hint: its kind, its size, and in two words each the bits of `Table.add`. */
const HINT: i32 = 6;
const SIZE: i32 = 1;
const HIGH: i32 = 2;
const LOW: i32 = 4;

/** In a list of conditions: has no hints at all, and has not been asked. */
const NONE: u32 = u32.MAX_VALUE;
const UNASKED: u32 = 0;

/**
 * The hints of all conditions of a policy set. Equal ones have one number, and a range of ports has one for each block it is
 * taken apart into. Needed to build an index, not to use it.
 */
@final
export class HintBook {
  /** By kind of hint, that is attribute and form. */
  private readonly attributes: Array<Attribute> = [];
  private readonly forms: Numbers = new Numbers();
  /** By attribute and form: the kind, plus 1. */
  private readonly kindNumbers: Numbers = new Numbers();
  private readonly hints: Numbers = new Numbers(64);
  /** By hint: what is looked for, empty for numbers. */
  private readonly texts: Array<Bytes> = [];
  private readonly slots: Slots = new Slots();
  /** Lists of hints: how many, and their numbers. */
  private readonly lists: Numbers = new Numbers(64);
  /** By condition: where its list is, plus 1; `NONE`, or `UNASKED`. */
  private readonly listAt: Numbers = new Numbers(64);

  /** Number of different hints among the conditions that were asked so far. */
  get count(): i32 {
    return this.texts.length;
  }

  /** Number of kinds of hints. */
  get kinds(): i32 {
    return this.attributes.length;
  }

  /**
   * Where the hints of a condition are, one of which is met whenever it holds: `size` and `at` take this. -1 when it has
   * none, so that nothing is known.
   */
  listOf(condition: Condition): i32 {
    const id = condition.id;
    if (id < 0) return -1;
    if (id >= this.listAt.length) this.listAt.extend(id + 1 - this.listAt.length);
    let list = this.listAt.at(id);
    if (list == UNASKED) {
      const hint = condition.hint();
      list = hint !== null ? <u32>this.list(hint) + 1 : NONE;
      this.listAt.set(id, list);
    }
    return list == NONE ? -1 : <i32>list - 1;
  }

  /** Number of hints in a list. */
  @inline
  size(list: i32): i32 {
    return <i32>this.lists.at(list);
  }

  /** Number of the hint at an index of a list. */
  @inline
  at(list: i32, index: i32): i32 {
    return <i32>this.lists.at(list + 1 + index);
  }

  /** Number of the kind of a hint: hints of one kind belong into one table. */
  kindOf(hint: i32): i32 {
    return <i32>this.hints.at(hint * HINT);
  }

  /** The attribute that a hint is about. */
  attributeOf(hint: i32): Attribute {
    return this.attributes[this.kindOf(hint)];
  }

  /** How little a hint says by itself: 0 for one that hardly anything meets by chance. */
  laxity(hint: i32): i32 {
    return laxityOf(<HintForm>this.forms.at(this.kindOf(hint)), <i32>this.hints.at(hint * HINT + SIZE));
  }

  /** An empty table for hints of a kind. */
  tableFor(hint: i32): Table {
    return newTable(this.attributeOf(hint), <HintForm>this.forms.at(this.kindOf(hint)));
  }

  /** Adds a hint to a table of its kind. */
  addTo(table: Table, hint: i32, target: u32): void {
    const at = hint * HINT;
    table.add(this.hints.wide(at + HIGH), this.hints.wide(at + LOW), <i32>this.hints.at(at + SIZE), target);
  }

  private list(hint: Hint): i32 {
    const list = this.lists.push(0);
    if (hint.kind == HintKind.Range) {
      this.listPorts(hint);
    } else if (hint.kind != HintKind.Cidr) {
      this.listText(hint);
    } else if (hint.version == 4 || hint.version == 6) {
      // What is of no version is no address, and nothing is in it.
      const form = hint.version == 4 ? HintForm.Address4 : HintForm.Address6;
      this.listHint(this.kind(hint.attribute, form), hint.high, hint.low, hint.bits, Bytes.EMPTY);
    }
    this.lists.set(list, <u32>(this.lists.length - list - 1));
    return list;
  }

  private listText(hint: Hint): void {
    const text = hint.text;
    const end = endOf(hint.kind);
    const form = <HintForm>(((<i32>end) << 1) | i32(hint.ignoreCase));
    const hash = hashOf(end, hint.ignoreCase, text.ptr, text.length);
    this.listHint(this.kind(hint.attribute, form), hash, <u64>max(text.at(0), 0), text.length, text);
  }

  /** Takes a range of ports apart into the largest blocks that begin where a block of their size may. */
  private listPorts(hint: Hint): void {
    const kind = this.kind(hint.attribute, HintForm.Port);
    const ports: i64 = 1 << PORT_BITS;
    const end = <i32>max(min(hint.end, ports), 0);
    let start = <i32>min(max(hint.start, 0), ports);
    while (start < end) {
      let bits = PORT_BITS;
      for (let size = 2; bits > 0 && (start & (size - 1)) == 0 && start + size <= end; size <<= 1) bits--;
      this.listHint(kind, (<u64>start) << PORT_SHIFT, 0, bits, Bytes.EMPTY);
      const shift = PORT_BITS - bits;
      start += 1 << shift;
    }
  }

  /** Adds a hint to the list that is being made; equal ones are one. */
  private listHint(kind: i32, high: u64, low: u64, size: i32, text: Bytes): void {
    const hash = hashOfHint(kind, high, low, size);
    let slot = this.slots.first(hash);
    for (let hint = this.slots.entry(slot); hint >= 0; hint = this.slots.entry(slot)) {
      if (this.is(hint, kind, high, low, size) && this.texts[hint].equals(text)) {
        this.lists.push(<u32>hint);
        return;
      }
      slot = this.slots.next(slot);
    }
    const hint = this.count;
    if (this.slots.isFull(hint)) this.widen(hint + 1);
    const at = this.hints.extend(HINT);
    this.hints.set(at, <u32>kind);
    this.hints.set(at + SIZE, <u32>size);
    this.hints.setWide(at + HIGH, high);
    this.hints.setWide(at + LOW, low);
    this.texts.push(text);
    this.slots.put(hash, hint);
    this.lists.push(<u32>hint);
  }

  private is(hint: i32, kind: i32, high: u64, low: u64, size: i32): bool {
    const at = hint * HINT;
    return (
      <i32>this.hints.at(at) == kind &&
      <i32>this.hints.at(at + SIZE) == size &&
      this.hints.wide(at + HIGH) == high &&
      this.hints.wide(at + LOW) == low
    );
  }

  private widen(count: i32): void {
    this.slots.widen(count << 1);
    for (let hint = 0; hint < count - 1; hint++) {
      const at = hint * HINT;
      const high = this.hints.wide(at + HIGH);
      const low = this.hints.wide(at + LOW);
      this.slots.put(hashOfHint(this.kindOf(hint), high, low, <i32>this.hints.at(at + SIZE)), hint);
    }
  }

  private kind(attribute: Attribute, form: HintForm): i32 {
    const at = attribute.id * HINT_FORMS + <i32>form;
    if (at >= this.kindNumbers.length) this.kindNumbers.extend(at + 1 - this.kindNumbers.length);
    const known = this.kindNumbers.at(at);
    if (known != 0) return <i32>known - 1;
    const kind = this.attributes.push(attribute) - 1;
    this.forms.push(<u32>form);
    this.kindNumbers.set(at, <u32>(kind + 1));
    return kind;
  }
}

function endOf(kind: HintKind): TextEnd {
  if (kind == HintKind.Prefix) return TextEnd.Start;
  if (kind == HintKind.Suffix) return TextEnd.Finish;
  return kind == HintKind.Contains ? TextEnd.Anywhere : TextEnd.Whole;
}

function hashOfHint(kind: i32, high: u64, low: u64, size: i32): u32 {
  const few = ((<u64>kind) << 32) | (<u64>size);
  return hashEnd(hashWord(hashWord(hashWord(hashSeed(), high), low), few));
}
