import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { generate } from "./rig.js";

// Two things of one name are one to Envoy and to Kubernetes: the first is refused with both, or the second takes its place.

const authentication = (...uris: readonly string[]) => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: keys }
spec:
  jwtRules: [${uris.map((uri, index) => `{ issuer: i${index}, jwksUri: "${uri}" }`).join(", ")}]
`;

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly static_resources: { readonly clusters: readonly { readonly name: string }[] };
}

const written = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Written);
const namesOf = (text: string) => written(text).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

test("a server with several sets of keys is one server", () => {
  const yaml = authentication(
    "https://keys.example/a",
    "https://keys.example:443/b",
    "https://KEYS.example/a",
  );
  const [bootstrap] = written(generate(yaml, "envoy").text);
  expect(bootstrap?.static_resources.clusters.map(({ name }) => name)).toEqual(["keys-keys.example-443"]);
  expect(namesOf(generate(yaml, "wasmplugin").text)).toEqual([
    "ServiceEntry tremula-keys-keys-example-443",
    "DestinationRule tremula-keys-keys-example-443",
    "WasmPlugin tremula-jwt-authn",
  ]);
});

test("a server is not asked with TLS and without", () => {
  const yaml = authentication("https://keys.example/a", "http://keys.example:443/b");
  expect(() => generate(yaml, "envoy")).toThrow(/keys\.example:443 with TLS and without/);
});

test("servers with like names are several", () => {
  const yaml = authentication(
    "https://a.b-c.example/x",
    "https://a-b.c.example/x",
    "https://a-b-c.example/x",
  );
  const names = namesOf(generate(yaml, "wasmplugin").text);
  expect(new Set(names).size).toBe(names.length);
});

test("workloads with like names do not share resources, and long ones leave room", () => {
  const names = ["a-b", "a.b", "a_b", "A-b", "a--b", "-a-b", "é", "a".repeat(63), `${"a".repeat(62)}b`].map(
    (app) => {
      const { text } = generate(authentication("https://k/x"), "wasmplugin", { labels: { app } });
      return namesOf(text).at(-1).replace("WasmPlugin ", "");
    },
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe("tremula-a-b-jwt-authn");
  for (const name of names) expect(name).toMatch(/^(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)*$/);
});

test("when there is nothing to check, that is said", () => {
  const remarks = (yaml: string) => generate(yaml, "envoy").journal.remarks.map(({ why }) => why);
  expect(remarks("")).toContainEqual(expect.stringMatching(/nothing is checked/));
  expect(remarks(authentication("https://k/x"))).toEqual([]);
});
