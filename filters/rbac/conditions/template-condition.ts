// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, UriTemplate } from "tremula/assembly";
import { Attribute } from "../policy/attribute";
import { Condition } from "../policy/condition";
import { Facts } from "../policy/facts";
import { Hint, HintKind } from "../policy/hint";
import { keyWriter } from "./key";

/** The path matches a URI template. */
@final
export class TemplateCondition extends Condition {
  private constructor(
    key: Bytes,
    private readonly path: Attribute,
    private readonly text: Bytes,
    private readonly template: UriTemplate,
  ) {
    super(key);
  }

  /** @param text what `template` was read from */
  static of(path: Attribute, text: Bytes, template: UriTemplate): TemplateCondition {
    const kept = text.copy();
    return new TemplateCondition(keyWriter("u", path).write(kept).toBytes(), path, kept, template);
  }

  test(facts: Facts): bool {
    const path = this.path;
    return facts.count(path) > 0 && this.template.matchesAt(facts.ptr(path, 0), facts.length(path, 0));
  }

  /** A `*` or a `{` repeats or replaces at most the octet before it, see `UriTemplate`. */
  hint(): Hint | null {
    const star = this.text.indexOfByte(0x2a);
    const brace = this.text.indexOfByte(0x7b);
    const end = star < 0 ? brace : brace < 0 ? star : min(star, brace);
    if (end < 0) return Hint.ofText(this.path, HintKind.Exact, this.text, false);
    const slash = lastSlash(this.text, end);
    return slash > 0 ? Hint.ofText(this.path, HintKind.Prefix, this.text.slice(0, slash), false) : null;
  }

  describe(): Bytes {
    return new ByteWriter(64).write('url_path uri_template "').write(this.text).write('"').toBytes();
  }
}

function lastSlash(text: Bytes, end: i32): i32 {
  let at = end - 1;
  while (at >= 0 && text.at(at) != 0x2f) at--;
  return at;
}
