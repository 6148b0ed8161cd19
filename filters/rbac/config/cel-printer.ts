// SPDX-License-Identifier: Apache-2.0
import { Bytes, ByteWriter, JsonArray, JsonObject } from "tremula/assembly";
import { writeBytes, writeString } from "./cel-literal";

// @ts-ignore: decorator
// prettier-ignore
@lazy
const EXPRESSIONS: StaticArray<string> = [
  "const_expr", "ident_expr", "select_expr", "call_expr", "list_expr", "struct_expr", "comprehension_expr",
];
// @ts-ignore: decorator
// prettier-ignore
@lazy
const CONSTANTS: StaticArray<string> = [
  "bool_value", "int64_value", "uint64_value", "double_value", "string_value", "bytes_value", "null_value", "duration_value",
  "timestamp_value",
];
/** Functions that are operators in a text (github.com/google/cel-go, common/operators), and what stands between operands. */
// @ts-ignore: decorator
// prettier-ignore
@lazy
const BINARY: StaticArray<string> = [
  "_&&_", "&&", "_||_", "||", "_==_", "==", "_!=_", "!=", "_<_", "<", "_<=_", "<=", "_>_", ">", "_>=_", ">=",
  "_+_", "+", "_-_", "-", "_*_", "*", "_/_", "/", "_%_", "%", "@in", "in", "_in_", "in",
];

/**
 * Prints a CEL syntax tree (`google.api.expr.v1alpha1.Expr`) as the text that it is parsed from, with all its parentheses.
 * What it cannot print is an error of the message: macros such as `exists` are loops in a tree, and have no text.
 */
@final
export class CelPrinter {
  private readonly out: ByteWriter = new ByteWriter(96);

  /** What was printed. */
  text(): Bytes {
    return this.out.toBytes();
  }

  print(message: JsonObject): void {
    message.ignore("id");
    const form = message.oneOf(EXPRESSIONS);
    switch (form) {
      case 0:
        this.printConstant(message.object("const_expr"));
        break;
      case 1: {
        const ident = message.object("ident_expr");
        this.printName(ident, "name");
        break;
      }
      case 2:
        this.printSelect(message.object("select_expr"));
        break;
      case 3:
        this.printCall(message.object("call_expr"));
        break;
      case 4: {
        const list = message.object("list_expr");
        list.ignore("optional_indices");
        this.out.write("[");
        this.printAll(list.arrayOrEmpty("elements"), 0);
        this.out.write("]");
        break;
      }
      case 5:
        this.printMap(message.object("struct_expr"));
        break;
      default: {
        message.ignore("comprehension_expr");
        if (form == 6)
          message.refuse("comprehension_expr", "must not be used: write the policy's condition_text");
      }
    }
  }

  private printAll(list: JsonArray, from: i32): void {
    for (let i = from; i < list.length; i++) {
      if (i > from) this.out.write(", ");
      this.print(list.object(i));
    }
  }

  private printConstant(message: JsonObject): void {
    const out = this.out;
    switch (message.oneOfOrNone(CONSTANTS)) {
      case 0:
        out.write(message.bool("bool_value") ? "true" : "false");
        break;
      case 1:
        out.write("(").writeInt(message.i64("int64_value")).write(")");
        break;
      case 2:
        out.writeUint(message.u64("uint64_value")).write("u");
        break;
      case 3: {
        const text = message.f64("double_value").toString();
        out.write("(").write(text);
        if (!text.includes(".") && !text.includes("e")) out.write(".0");
        out.write(")");
        break;
      }
      case 4:
        writeString(out, message.string("string_value"));
        break;
      case 5:
        writeBytes(out, message.bytes("bytes_value"));
        break;
      case 7:
        out.write("duration(");
        writeString(out, message.string("duration_value"));
        out.write(")");
        break;
      case 8:
        out.write("timestamp(");
        writeString(out, message.string("timestamp_value"));
        out.write(")");
        break;
      default:
        message.ignore("null_value");
        out.write("null");
    }
  }

  private printSelect(message: JsonObject): void {
    const isTest = message.boolOr("test_only", false);
    if (isTest) this.out.write("has(");
    this.print(message.object("operand"));
    this.out.write(".");
    this.printName(message, "field");
    if (isTest) this.out.write(")");
  }

  private printCall(message: JsonObject): void {
    const name = message.string("function");
    const args = message.arrayOrEmpty("args");
    const target = message.objectOrNull("target");
    if (target !== null) {
      this.print(target);
      this.out.write(".");
      this.printName(message, "function");
      this.printArguments(args);
    } else if (!this.printOperator(name, args)) {
      this.printName(message, "function");
      this.printArguments(args);
    }
  }

  private printArguments(args: JsonArray): void {
    this.out.write("(");
    this.printAll(args, 0);
    this.out.write(")");
  }

  /** False when the function is no operator. */
  private printOperator(name: Bytes, args: JsonArray): bool {
    const out = this.out;
    if (args.length == 2) {
      for (let i = 0; i < BINARY.length; i += 2) {
        if (!name.equals(unchecked(BINARY[i]))) continue;
        this.printOperand(args, 0, "(");
        out.write(" ").write(unchecked(BINARY[i + 1]));
        this.printOperand(args, 1, " ");
        out.write(")");
        return true;
      }
      if (name.equals("_[_]")) {
        this.printOperand(args, 0, "");
        this.printOperand(args, 1, "[");
        out.write("]");
        return true;
      }
    }
    if (args.length == 1 && (name.equals("!_") || name.equals("-_"))) {
      out.write("(").write(name.slice(0, 1));
      this.printOperand(args, 0, "");
      out.write(")");
      return true;
    }
    if (args.length != 3 || !name.equals("_?_:_")) return false;
    this.printOperand(args, 0, "(");
    this.printOperand(args, 1, " ? ");
    this.printOperand(args, 2, " : ");
    out.write(")");
    return true;
  }

  private printOperand(args: JsonArray, index: i32, before: string): void {
    this.out.write(before);
    this.print(args.object(index));
  }

  private printMap(message: JsonObject): void {
    if (message.has("message_name")) message.refuse("message_name", "must not be used in a condition");
    const entries = message.arrayOrEmpty("entries");
    this.out.write("{");
    for (let i = 0; i < entries.length; i++) {
      const entry = entries.object(i);
      entry.ignore("id");
      if (i > 0) this.out.write(", ");
      this.print(entry.object("map_key"));
      this.out.write(": ");
      this.print(entry.object("value"));
    }
    this.out.write("}");
  }

  /** Prints a field that is an identifier: anything else would be read as something else. */
  private printName(message: JsonObject, field: string): void {
    const name = message.string(field);
    for (let i = 0; i < name.length; i++) {
      const octet = <u32>name.at(i);
      const isLetter = (octet | 0x20) - 0x61 < 26 || octet == 0x5f;
      const isInner = i > 0 && (octet - 0x30 < 10 || octet == 0x2e);
      if (!isLetter && !isInner) message.refuse(field, "must be an identifier or an operator of CEL");
    }
    if (name.isEmpty) message.refuse(field, "must not be empty");
    this.out.write(name);
  }
}
