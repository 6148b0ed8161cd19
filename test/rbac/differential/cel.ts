import fc from "fast-check";
import { PATHS } from "./strings.js";

/** A syntax tree of CEL, `google.api.expr.v1alpha1.Expr`, as JSON. */
type Expr = Readonly<Record<string, unknown>>;

const text = (string_value: string): Expr => ({ const_expr: { string_value } });
const call = (name: string, ...args: Expr[]): Expr => ({ call_expr: { function: name, args } });
const method = (target: Expr, name: string, ...args: Expr[]): Expr => ({
  call_expr: { target, function: name, args },
});
const select = (operand: Expr, field: string, more: object = {}): Expr => ({
  select_expr: { operand, field, ...more },
});
const request: Expr = { ident_expr: { name: "request" } };

const path = fc.constantFrom("path", "url_path").map((field) => select(request, field));
const literal = fc.constantFrom(...PATHS).map(text);
const role = fc
  .constantFrom("x-role", "x-absent")
  .map((name) => call("_[_]", select(request, "headers"), text(name)));

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  fc.tuple(path, literal).map(([one, other]) => call("_==_", one, other)),
  fc.tuple(path, literal).map(([one, other]) => call("_!=_", one, other)),
  fc
    .tuple(path, fc.constantFrom("startsWith", "endsWith", "contains"), literal)
    .map(([one, name, other]) => method(one, name, other)),
  fc
    .tuple(role, fc.constantFrom("admin", "user", 'a"\\', "é"))
    .map(([one, other]) => call("_==_", one, text(other))),
  fc.constant(
    call("@in", select(request, "method"), { list_expr: { elements: [text("GET"), text("HEAD")] } }),
  ),
  fc.constant(call("_<_", call("size", select(request, "path")), { const_expr: { int64_value: "9" } })),
  fc.constant(call("@in", text("x-role"), select(request, "headers"))),
  fc.constant(method(select(request, "path"), "matches", text("^/a.*"))),
  fc.constant(select(request, "referer", { test_only: true })),
  fc.constantFrom<Expr>({ const_expr: { bool_value: true } }, { const_expr: { int64_value: "1" } }),
);

/** The condition of a policy. */
export const condition = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: "small" },
    { weight: 4, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("_&&_", "_||_"), tie("expr"), tie("expr"))
        .map(([name, one, other]) => call(name, one, other)),
    },
    { weight: 1, arbitrary: tie("expr").map((one) => call("!_", one)) },
  ),
})).expr;
