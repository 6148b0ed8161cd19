import { defineConfig } from "vitest/config";

/** What needs a real control plane, or the tools that packages are made with: `npm run test:mesh`. */
export default defineConfig({
  test: {
    name: "mesh",
    environment: "node",
    include: ["test/mesh/**/*.test.ts", "test/deploy/{helm,kustomize}.test.ts"],
    // A control plane and its Envoys want a core each; and of Envoy Gateway, whose ports are fixed, there can be one.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
