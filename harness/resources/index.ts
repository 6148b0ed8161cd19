export * from "./kind.js";
export * from "./kinds/index.js";
export { pathText, placeText, type Path, type Position } from "./position.js";
export { problemsError, problemText, type Problem } from "./problem.js";
export { readResources, readValidResources, resourcesOf } from "./read.js";
export { Resource } from "./resource.js";
export { Resources, type Untyped } from "./resources.js";
export { find, parse as parseYaml } from "./source.js";
export { toYaml } from "./write.js";
