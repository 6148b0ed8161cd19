export { RegistryServer } from "../../harness/upstream/registry.js";
