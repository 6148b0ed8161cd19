import type { CelLibrary } from "./library.js";

type Expression = NonNullable<ReturnType<CelLibrary["parse"]>["expr"]>;
type Call = Extract<Expression["exprKind"], { case: "callExpr" }>["value"];
type Constant = Extract<Expression["exprKind"], { case: "constExpr" }>["value"]["constantKind"];

/** Functions that Envoy calls with a number of arguments, by name: as functions, and as methods of the first one. */
const FUNCTIONS: Readonly<Record<string, number>> = {
  ...{ size: 1, type: 1, dyn: 1, int: 1, uint: 1, double: 1, string: 1, bytes: 1, bool: 1 },
  ...{ timestamp: 1, duration: 1, contains: 2, startsWith: 2, endsWith: 2, matches: 2 },
};
const METHODS: Readonly<Record<string, readonly number[]>> = {
  ...{ size: [0], contains: [1], startsWith: [1], endsWith: [1], matches: [1] },
  ...{ getFullYear: [0, 1], getMonth: [0, 1], getDate: [0, 1], getDayOfMonth: [0, 1], getDayOfWeek: [0, 1] },
  ...{ getDayOfYear: [0, 1], getHours: [0, 1], getMinutes: [0, 1], getSeconds: [0, 1] },
  ...{ getMilliseconds: [0, 1] },
};
/** Functions that the library has as methods only. */
const ALSO_METHODS = new Set(["contains", "startsWith", "endsWith", "matches"]);

/**
 * Whether Envoy's planner takes an expression: it knows the functions with that number of arguments, and the messages; and
 * numbers are in range. Stock Envoy 1.40.0 refused all others before it evaluated anything. Calls that the library wants
 * as methods are made so.
 */
export function accepted(expression: Expression | undefined, isMessage: (name: string) => boolean): boolean {
  if (expression === undefined) return true;
  const all = (parts: readonly (Expression | undefined)[]) =>
    parts.every((part) => accepted(part, isMessage));
  const { exprKind: kind } = expression;
  switch (kind.case) {
    case "constExpr":
      return inRange(kind.value.constantKind);
    case "callExpr": {
      const { target, args } = kind.value;
      return all([target, ...args]) && isKnown(kind.value);
    }
    case "selectExpr":
      return accepted(kind.value.operand, isMessage);
    case "listExpr":
      return all(kind.value.elements);
    case "structExpr": {
      const { entries, messageName } = kind.value;
      const keys = entries.map(({ keyKind }) => (keyKind.case === "mapKey" ? keyKind.value : undefined));
      const known = messageName === "" || isMessage(messageName);
      return known && all([...keys, ...entries.map(({ value }) => value)]);
    }
    case "comprehensionExpr": {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return all([iterRange, accuInit, loopCondition, loopStep, result]);
    }
    case "identExpr":
    case undefined:
      return true;
  }
}

function isKnown(call: Call): boolean {
  // The names of operators are no identifiers: `_+_`, `@in`.
  if (!/^[A-Za-z]\w*$/.test(call.function)) return true;
  if (call.target !== undefined) {
    return Object.hasOwn(METHODS, call.function) && METHODS[call.function]!.includes(call.args.length);
  }
  if (!Object.hasOwn(FUNCTIONS, call.function) || FUNCTIONS[call.function] !== call.args.length) return false;
  if (ALSO_METHODS.has(call.function))
    [call.target, ...call.args] = call.args as [Expression, ...Expression[]];
  return true;
}

/** A parser in JavaScript makes integers of any number of digits. */
function inRange({ case: type, value }: Constant): boolean {
  if (type === "int64Value") return BigInt.asIntN(64, value) === value;
  return type !== "uint64Value" || BigInt.asUintN(64, value) === value;
}
