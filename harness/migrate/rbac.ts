import {
  ServiceRole,
  ServiceRoleBinding,
  type Resource,
  type Resources,
  type ServiceRoleBindingSpec,
  type ServiceRoleSpec,
} from "../resources/index.js";
import { ExitCode, HarnessError } from "../errors.js";
import { groupBy } from "../report/group.js";
import type { Notes } from "./note.js";
import { DRY_RUN, scopeOf, type RbacOptions, type Scope } from "./rbac-scope.js";
import { isKnownKey, whoOf, type Condition, type Who } from "./rbac-source.js";
import { LABEL, selectorsOf } from "./rbac-target.js";
import type { Services } from "./services.js";
import { security, type Written } from "./written.js";

type Role = Resource<ServiceRoleSpec>;
type Binding = Resource<ServiceRoleBindingSpec>;
type Rule = NonNullable<ServiceRoleSpec["rules"]>[number];

/**
 * Migrates `rbac.istio.io/v1alpha1` to AuthorizationPolicy, with the names that istioctl's converter gave.
 *
 * @throws HarnessError when there are roles but no ClusterRbacConfig, which says where authorization was on
 */
export function migrateRbac(
  resources: Resources,
  services: Services,
  notes: Notes,
  options: RbacOptions,
): Written[] {
  const here = ({ namespace }: Resource): boolean => namespace === (options.namespace ?? namespace);
  const roles = resources.of(ServiceRole).filter(here);
  const bindings = resources.of(ServiceRoleBinding).filter(here);
  const scope = scopeOf(resources, services, notes, options);
  if (scope === undefined) {
    if (roles.length + bindings.length === 0) return [];
    throw new HarnessError("MIGRATE", "no ClusterRbacConfig", {
      exitCode: ExitCode.usage,
      hint: "it says where authorization was on; without it, --allow-no-cluster-rbac-config migrates the roles alone",
    });
  }
  const known = new Set(roles.map(({ namespace, name }) => `${namespace}/${name}`));
  for (const binding of bindings)
    if (!isOfRole(binding))
      notes.add(
        "lost",
        binding,
        `its roleRef is a ${binding.spec.roleRef?.kind}, which Istio refused; it is left out`,
      );
    else if (!known.has(`${binding.namespace}/${roleName(binding)}`))
      notes.add(
        "lost",
        binding,
        `there is no ServiceRole ${binding.namespace}/${roleName(binding)}; the binding is left out`,
      );
  const byRole = groupBy(bindings.filter(isOfRole), (binding) => `${binding.namespace}/${roleName(binding)}`);
  return [
    ...scope.policies,
    ...roles.flatMap((role) => {
      const own = byRole.get(`${role.namespace}/${role.name}`) ?? [];
      if (own.length === 0)
        notes.add("lost", role, "no ServiceRoleBinding gives it to anybody; it is left out");
      const rehearsed = own.filter(({ spec }) => spec.mode === "PERMISSIVE");
      const enforced = own.filter((one) => !rehearsed.includes(one));
      return [
        ...convertRole(role, enforced, "", { services, scope, notes, options, dryRun: scope.dryRun }),
        ...convertRole(role, rehearsed, "-dry-run", { services, scope, notes, options, dryRun: true }),
      ];
    }),
  ];
}

function isOfRole({ spec: { roleRef } }: Binding): boolean {
  return (roleRef?.kind ?? "ServiceRole") === "ServiceRole";
}

/** The role of a binding; by `role` in the last versions. */
function roleName({ spec: { roleRef, role } }: Binding): string {
  return roleRef?.name ?? role ?? "";
}

interface Conversion {
  readonly services: Services;
  readonly scope: Scope;
  readonly notes: Notes;
  readonly options: RbacOptions;
  readonly dryRun: boolean;
}

function convertRole(
  role: Role,
  bindings: readonly Binding[],
  suffix: string,
  conversion: Conversion,
): Written[] {
  const { services, scope, notes, options, dryRun } = conversion;
  const who = bindings.flatMap((binding) =>
    (binding.spec.subjects ?? []).flatMap((subject, index) => {
      const path = ["spec", "subjects", index];
      return whoOf(binding, subject, path, options.dropWildcards ?? false, notes) ?? [];
    }),
  );
  for (const binding of bindings)
    if (binding.spec.actions !== undefined || binding.spec.roleRefs !== undefined)
      notes.add("error", binding, "actions and roleRefs were never in a release; they are left out");
  if (who.length === 0) return [];
  return (role.spec.rules ?? []).flatMap((rule, index): Written[] => {
    const what = whatOf(role, rule, index, options.dropWildcards ?? false, notes);
    if (what === undefined) return [];
    const rules = who.map((one) => ruleOf(one, what));
    const write = (name: string, selector: Readonly<Record<string, string>>, service: string): Written =>
      security(
        "AuthorizationPolicy",
        `generated-${role.name}-${name}${suffix}`,
        role.namespace,
        { ...(Object.keys(selector).length > 0 && { selector: { matchLabels: selector } }), rules },
        `Migrated from ${role.title} (${role.where}), rule ${index}${service === "" ? "" : `, service ${service}`}.`,
        dryRun ? DRY_RUN : undefined,
      );
    const names = rule.services ?? [];
    if (names.length === 0) {
      const isForAll = !(rule.constraints ?? []).some(({ key }) => LABEL.test(key));
      if (isForAll && scope.enabledIn(role.namespace) === "all") return [write(`rule${index}`, {}, "")];
      return selectorsOf(role, "*", rule, services, scope, notes).map((selector, target) =>
        write(`rule${index}-target${target}`, selector, ""),
      );
    }
    return names.flatMap((service, number) =>
      selectorsOf(role, service, rule, services, scope, notes).map((selector, target) =>
        write(`rule${index}-svc${number}-target${target}`, selector, service),
      ),
    );
  });
}

/** What may be done, and under which conditions. */
interface What {
  readonly operation: Readonly<Record<string, readonly string[]>>;
  readonly when: readonly Condition[];
}

function whatOf(
  role: Role,
  rule: Rule,
  index: number,
  dropWildcards: boolean,
  notes: Notes,
): What | undefined {
  const path = ["spec", "rules", index];
  // One `*` of several makes all the others needless; behind `not`, it is what lets nothing through.
  const unless = (values: readonly string[] | undefined) => (values?.includes("*") ? undefined : values);
  const lists: Readonly<Record<string, readonly string[] | undefined>> = {
    hosts: unless(rule.hosts),
    notHosts: rule.notHosts ?? rule.not_hosts,
    paths: unless(rule.paths),
    notPaths: rule.notPaths ?? rule.not_paths,
    methods: unless(rule.methods),
    notMethods: rule.notMethods ?? rule.not_methods,
    ports: rule.ports?.map(String),
    notPorts: (rule.notPorts ?? rule.not_ports)?.map(String),
  };
  const operation: Record<string, readonly string[]> = {};
  for (const [field, values] of Object.entries(lists))
    if (values !== undefined && values.length > 0) operation[field] = values;
  const when: Condition[] = [];
  for (const { key, values = [] } of rule.constraints ?? []) {
    if (values.length === 0) {
      notes.add(
        "error",
        role,
        `the constraint ${key} has no values, which today's policies refuse; the rule is left out`,
        path,
      );
      return undefined;
    }
    if (LABEL.test(key)) continue;
    if (key === "destination.port") {
      if (operation["ports"] !== undefined) {
        notes.add(
          "error",
          role,
          "ports and a constraint of destination.port had both to hold; the rule is left out",
          path,
        );
        return undefined;
      }
      operation["ports"] = values;
    } else if (key === "destination.namespace") {
      if (!values.some((value) => fits(value, role.namespace))) {
        notes.add(
          "lost",
          role,
          `the constraint destination.namespace never held in the namespace ${role.namespace}; the rule is left out`,
          path,
        );
        return undefined;
      }
    } else if (key === "destination.ip" || key === "destination.user") {
      notes.add(
        "error",
        role,
        `${key} is no longer supported in v1beta1 authorization policy; the rule is left out`,
        path,
      );
      return undefined;
    } else if (!isKnownKey(key)) {
      notes.add("error", role, `the constraint ${key} is not known today; the rule is left out`, path);
      return undefined;
    } else if (values.includes("*") && dropWildcards) {
      notes.add(
        "changed",
        role,
        `the constraint ${key}: "*" is left out: requests without any value pass now`,
        path,
      );
      const rest = values.filter((value) => value !== "*");
      if (rest.length > 0) when.push({ key, values: rest });
    } else when.push({ key, values });
  }
  return { operation, when };
}

/** Whether a value of a constraint is for a name: `*` at its beginning or its end stands for anything. */
function fits(value: string, name: string): boolean {
  if (value.startsWith("*")) return name.endsWith(value.slice(1));
  return value.endsWith("*") ? name.startsWith(value.slice(0, -1)) : name === value;
}

function ruleOf(who: Who, what: What): Readonly<Record<string, unknown>> {
  const when = [...who.when, ...what.when].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    ...(Object.keys(who.source).length > 0 && { from: [{ source: who.source }] }),
    ...(Object.keys(what.operation).length > 0 && { to: [{ operation: what.operation }] }),
    ...(when.length > 0 && { when }),
  };
}
