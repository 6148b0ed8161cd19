import {
  EnvoyFilter,
  isFields,
  type EnvoyFilterSpec,
  type Fields,
  type Path,
  type Resource,
} from "../../resources/index.js";
import type { Check, Complaint } from "../check.js";
import type { Mesh } from "../mesh.js";

type Patch = NonNullable<EnvoyFilterSpec["configPatches"]>[number];

/** What istioctl says of one patch. */
type Verdict = "relative" | "relative-with-version" | "replace" | "add" | "remove";

const ROUTES: readonly unknown[] = ["ROUTE_CONFIGURATION", "HTTP_ROUTE"];
const REPLACEABLE: readonly unknown[] = ["NETWORK_FILTER", "HTTP_FILTER", "VIRTUAL_HOST"];

/**
 * The verdict on each patch. It depends on the order of the EnvoyFilters: a relative patch is worse when one that was
 * read before it names the same filter and a proxy version.
 */
function* verdicts(mesh: Mesh): Generator<{ at: Resource; path: Path; verdict: Verdict }> {
  const versioned = new Set<string>();
  for (const at of mesh.resources.of(EnvoyFilter))
    for (const [index, patch] of (at.spec.configPatches ?? []).entries()) {
      // istioctl looks no further than the first that patches nothing.
      if (patch.patch === undefined) break;
      const name = patchedName(patch);
      const verdict = verdictOf(patch, at.spec.priority ?? 0, versioned.has(name));
      if (verdict !== undefined) yield { at, path: ["spec", "configPatches", index], verdict };
      if ((patch.match?.proxy?.proxyVersion ?? "") !== "") versioned.add(name);
    }
}

function verdictOf({ applyTo, patch }: Patch, priority: number, versioned: boolean): Verdict | undefined {
  const relative = priority !== 0 ? undefined : versioned ? "relative-with-version" : "relative";
  const operation = patch?.operation;
  if (operation === "ADD") return ROUTES.includes(applyTo) ? "add" : undefined;
  if (operation === "REMOVE") return ROUTES.includes(applyTo) ? "remove" : relative;
  if (operation === "REPLACE") return REPLACEABLE.includes(applyTo) ? relative : "replace";
  return operation === "INSERT_BEFORE" || operation === "INSERT_AFTER" ? relative : undefined;
}

/** What a patch is about: the name in its value, or that of the filter it matches. The two never count as the same. */
function patchedName({ match, patch }: Patch): string {
  const value = patch?.value;
  if (typeof value !== "object" || value === null) return "";
  if ("name" in value) return `value ${JSON.stringify(value.name)}`;
  return match?.listener?.filterChain === undefined ? "" : (match.listener.filterChain.filter?.name ?? "");
}

function patchCheck(
  id: string,
  istio: string,
  verdict: Verdict,
  rest: Pick<Check, "title" | "severity" | "why"> & Pick<Complaint, "fix" | "message">,
): Check {
  const { message, fix, ...check } = rest;
  return {
    id,
    istio,
    ...check,
    *run(mesh) {
      for (const found of verdicts(mesh))
        if (found.verdict === verdict) yield { at: found.at, path: found.path, message, fix };
    },
  };
}

export const relative = patchCheck("EF001", "IST0151", "relative", {
  title: "a patch relative to another, without priority",
  severity: "warning",
  why: "What it is relative to may not be there yet when it is applied; then it does nothing, and nobody says so.",
  message: "the operation is relative to a filter that is there already, and the EnvoyFilter has no priority",
  fix: "set priority, or use INSERT_FIRST or ADD",
});

export const wrongReplace = patchCheck("EF002", "IST0152", "replace", {
  title: "REPLACE of what cannot be replaced",
  severity: "error",
  why: "Istio ignores the patch.",
  message: "REPLACE is for HTTP_FILTER, NETWORK_FILTER and VIRTUAL_HOST",
  fix: "use MERGE",
});

export const wrongAdd = patchCheck("EF003", "IST0153", "add", {
  title: "ADD to routes",
  severity: "error",
  why: "Istio ignores the patch.",
  message: "ADD does nothing to ROUTE_CONFIGURATION and HTTP_ROUTE",
  fix: "use MERGE, or INSERT_FIRST for HTTP_ROUTE",
});

export const wrongRemove = patchCheck("EF004", "IST0154", "remove", {
  title: "REMOVE from routes",
  severity: "error",
  why: "Istio ignores the patch.",
  message: "REMOVE does nothing to ROUTE_CONFIGURATION and HTTP_ROUTE",
  fix: "change the VirtualService that the route comes from",
});

export const relativeWithVersion = patchCheck("EF005", "IST0155", "relative-with-version", {
  title: "a relative patch without priority, beside one for a proxy version",
  severity: "warning",
  why: "Proxies of two versions get the patches in different orders during an upgrade, and one of them may do nothing.",
  message:
    "the operation is relative, the EnvoyFilter has no priority, and another patch for the same filter names a proxyVersion",
  fix: "set priority, or use INSERT_FIRST or ADD",
});

export const remoteWasm: Check = {
  id: "EF006",
  title: "an EnvoyFilter loads a Wasm module from afar without a hash, or not by ECDS",
  severity: "warning",
  why:
    "Without a hash, whatever the server gives runs in every proxy. And only what comes as EXTENSION_CONFIG is fetched by " +
    "Istio's agent; otherwise each Envoy fetches for itself, without the registry's protocol and without credentials.",
  *run(mesh) {
    for (const at of mesh.resources.of(EnvoyFilter))
      for (const [index, { applyTo, patch }] of (at.spec.configPatches ?? []).entries())
        for (const { remote, path } of remotes(patch?.value, [])) {
          const hash = remote["sha256"];
          const missing = [
            ...(typeof hash === "string" && /^[0-9a-f]{64}$/i.test(hash) ? [] : ["has no sha256"]),
            ...(applyTo === "EXTENSION_CONFIG"
              ? []
              : [`is put into ${applyTo ?? "the configuration"} itself`]),
          ];
          if (missing.length === 0) continue;
          yield {
            at,
            path: ["spec", "configPatches", index, "patch", "value", ...path],
            message: `the Wasm module's remote code ${missing.join(" and ")}`,
            fix: "name the sha256 of the module, in a patch of EXTENSION_CONFIG that config_discovery refers to",
          };
        }
  },
};

/** The `code: {remote: …}` below a value. */
function* remotes(value: unknown, path: Path): Generator<{ remote: Fields; path: Path }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* remotes(item, [...path, index]);
    return;
  }
  if (!isFields(value)) return;
  const { code } = value;
  if (isFields(code) && isFields(code["remote"]))
    yield { remote: code["remote"], path: [...path, "code", "remote"] };
  for (const [key, item] of Object.entries(value)) if (key !== "code") yield* remotes(item, [...path, key]);
}
