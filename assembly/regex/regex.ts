// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { numberOctets } from "./alphabet";
import { Cursor } from "./cursor";
import { Parser } from "./parser";
import {
  AT_START,
  beginPlaces,
  contextOf,
  hasOpen,
  here,
  mayEnd,
  placeCount,
  places,
  reservePlaces,
  stay,
  step,
} from "./places";
import { Program } from "./program";
import { ALWAYS, beforeOf, countOf, era, isOpen, NEVER, newOwner, stateOf, UNKNOWN } from "./states";

/** States that a text may make before it has to be worth it: see `shouldGiveUp`. */
const FREE_STATES: i32 = 512;
const OCTETS_PER_STATE: i32 = 8;

/**
 * A regular expression with the syntax and the meaning of RE2 as Envoy uses it (`safe_regex`): on octets, for the whole
 * text. Octets are RE2's characters, as Envoy compiles with its Latin-1 option: `.` is one octet, and a letter such as `é`
 * is two; `(?i)` is for ASCII letters. Time is linear in the text, whatever the expression and the text are.
 *
 * It runs as a deterministic automaton whose states are made when a text first leads to them. States of all expressions
 * share 2 MiB. A text that makes too many new states is matched by simulating the nondeterministic one from there on, which
 * needs no memory.
 *
 * Not supported, and refused: backreferences, lookaround, possessive repetitions and atomic groups, which RE2 does not
 * have; the names of Unicode scripts but Latin and Common, of which no octet is; programs of more than 16,384
 * steps. Envoy's own limit is smaller by default: 100 (the runtime key `re2.max_program_size.error_level`).
 */
@final
export class Regex {
  /** Why the last `compile` answered null, such as `a ( without its )`. */
  static problem: string = "";
  /** Offset of what that is about. */
  static problemOffset: i32 = 0;

  private owner: u32 = 0;
  /** The state at which a text begins, when it is of this era. */
  private start: usize = 0;
  private startEra: u32 = 0;
  /** States that the text that is being matched has made. */
  private made: i32 = 0;

  private constructor(
    private readonly program: Program,
    private readonly map: StaticArray<u8>,
    /** Columns of a state's table but the last, which is for the end of the text. */
    private readonly columns: i32,
  ) {
    this.owner = newOwner();
  }

  /** Compiles an expression; null when it is not one, or too large: see `problem`. */
  static compile<T>(pattern: T): Regex | null {
    return compile(Bytes.of<T>(pattern));
  }

  /** @internal For `compile`. */
  static of(program: Program): Regex {
    const map = new StaticArray<u8>(256);
    const columns = numberOctets(program, changetype<usize>(map));
    reservePlaces(program.length);
    return new Regex(program, map, columns);
  }

  /** Whether the expression matches all of a text. */
  matches(text: Bytes): bool {
    return this.matchesAt(text.ptr, text.length);
  }

  /** Whether it matches all of the `length` octets at `ptr`. */
  matchesAt(ptr: usize, length: i32): bool {
    const map = changetype<usize>(this.map);
    const end = ptr + <usize>length;
    let state = this.startEra == era ? this.start : this.begin();
    this.made = 0;
    for (const begin = ptr; ptr < end; ptr++) {
      const column = <usize>load<u8>(map + <usize>load<u8>(ptr));
      const next = <usize>load<u32>(state + (column << 2));
      if (next > NEVER) {
        state = next;
        continue;
      }
      if (next == NEVER) return false;
      state = this.makeNext(state, column, load<u8>(ptr), ptr - begin);
      if (state == NEVER) return false;
      if (state == UNKNOWN) return this.simulate(ptr + 1, end, load<u8>(ptr));
    }
    return this.endsAt(state);
  }

  private begin(): usize {
    beginPlaces(this.program.codeAt);
    const state = stateOf(this.owner, places, placeCount, AT_START, hasOpen, this.columns + 1);
    this.start = state;
    this.startEra = era;
    return state;
  }

  /** The state that an octet leads to, `NEVER`, or `UNKNOWN` when it is not worth having one: then it is in `places`. */
  private makeNext(state: usize, column: usize, octet: u32, progress: usize): usize {
    const program = this.program;
    step(
      program.codeAt,
      program.sets,
      this.placesOf(state),
      countOf(state),
      beforeOf(state),
      isOpen(state),
      octet,
    );
    if (placeCount == 0) {
      store<u32>(state + (column << 2), NEVER);
      return NEVER;
    }
    if (this.shouldGiveUp(progress)) return UNKNOWN;
    const now = era;
    const next = stateOf(this.owner, places, placeCount, contextOf(octet), hasOpen, this.columns + 1);
    if (now == era) store<u32>(state + (column << 2), <u32>next);
    return next;
  }

  /** Counts a state, and says whether this text makes more of them than they save. */
  private shouldGiveUp(progress: usize): bool {
    return ++this.made > FREE_STATES && progress < <usize>this.made * OCTETS_PER_STATE;
  }

  private endsAt(state: usize): bool {
    const at = state + ((<usize>this.columns) << 2);
    const known = load<u32>(at);
    if (known != UNKNOWN) return known == ALWAYS;
    const program = this.program;
    const ends = mayEnd(program.codeAt, this.placesOf(state), countOf(state), beforeOf(state), isOpen(state));
    store<u32>(at, ends ? ALWAYS : NEVER);
    return ends;
  }

  private placesOf(state: usize): usize {
    return state + ((<usize>(this.columns + 1)) << 2);
  }

  /** Goes on from `places` without making states. */
  private simulate(ptr: usize, end: usize, octet: u32): bool {
    const code = this.program.codeAt;
    const sets = this.program.sets;
    for (; ptr < end; ptr++) {
      if (placeCount == 0) return false;
      stay();
      const before = contextOf(octet);
      octet = load<u8>(ptr);
      step(code, sets, here, placeCount, before, hasOpen, octet);
    }
    stay();
    return mayEnd(code, here, placeCount, contextOf(octet), hasOpen);
  }
}

function compile(pattern: Bytes): Regex | null {
  const cursor = new Cursor(pattern);
  const parser = new Parser(cursor);
  if (parser.parse()) return Regex.of(parser.program);
  Regex.problem = cursor.problem;
  Regex.problemOffset = cursor.problemOffset;
  return null;
}
