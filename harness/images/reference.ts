import { ExitCode, HarnessError } from "../errors.js";
import { DIGEST } from "./blob.js";

/** Where an image is: `oci://registry[:port]/repository[:tag][@sha256:…]`. */
export interface Reference {
  /** Host and port. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

// The distribution specification's grammar of a repository's name and of a tag.
const NAME = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const REGISTRY = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;

/** Reads a reference; `oci://` may be left out. */
export function parseReference(text: string): Reference {
  const bare = text.replace(/^oci:\/\//, "");
  const slash = bare.indexOf("/");
  if (slash <= 0) throw wrong(text, "there is no registry in front of the first slash");
  const registry = bare.slice(0, slash);
  const [path = "", digest, ...more] = bare.slice(slash + 1).split("@");
  const colon = path.lastIndexOf(":");
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (!REGISTRY.test(registry) || !URL.canParse(`https://${registry}`))
    throw wrong(text, `${registry} is not a host with an optional port`);
  if (!NAME.test(repository)) {
    throw wrong(
      text,
      `"${repository}" is not a repository: lower-case letters, digits, and . _ - / between them`,
    );
  }
  if (tag !== undefined && !TAG.test(tag)) throw wrong(text, `"${tag}" is not a tag`);
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) {
    throw wrong(text, "behind @ must be sha256: and 64 hexadecimal digits");
  }
  return { registry, repository, tag, digest };
}

/** What a registry's API calls it: the digest if there is one, else the tag. */
export function referenceName({ tag, digest }: Reference): string {
  return digest ?? tag ?? "latest";
}

function wrong(text: string, why: string): HarnessError {
  return new HarnessError("REFERENCE_INVALID", `${text} is not an image: ${why}`, {
    exitCode: ExitCode.usage,
    hint: "An image looks like oci://registry.example.com/filters/jwt-authn:1.0.0.",
  });
}
