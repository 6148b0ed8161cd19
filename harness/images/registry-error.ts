import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";
import { readBody } from "./body.js";
import { jsonOr } from "./json.js";
import { harmless } from "./refusal.js";

/** More is no explanation. */
const LONGEST = 64 * 1024;
/** Milliseconds; the error itself is known already. */
const PATIENCE_MS = 5000;

/** The distribution specification's body of an error. */
const Errors = z.object({
  errors: z.array(
    z.object({
      code: z.string().default(""),
      message: z.string().default(""),
      detail: z.unknown().optional(),
    }),
  ),
});

/** What a registry said when it refused, as it said it. */
export async function registryError(response: Response, doing: string): Promise<HarnessError> {
  const options = { limit: LONGEST, doing, patienceMs: PATIENCE_MS, beginning: true as const };
  const text = await readBody(response, options).then(
    (bytes) => Buffer.from(bytes).toString(),
    () => "",
  );
  const isDenied = response.status === 401 || response.status === 403;
  return new HarnessError("REGISTRY_REFUSED", `${doing}: ${response.status}${saying(text)}`, {
    exitCode: isDenied ? ExitCode.environment : ExitCode.checkFailed,
    ...(isDenied ? { hint: `Log in first: docker login ${new URL(response.url).host}` } : {}),
  });
}

function saying(text: string): string {
  const errors = Errors.safeParse(jsonOr(text, null));
  if (!errors.success) return text.trim() === "" ? "" : ` ${harmless(text.slice(0, 300))}`;
  const said = errors.data.errors.map(({ code, message, detail }) => {
    const more = detail === undefined || detail === null ? "" : ` (${JSON.stringify(detail).slice(0, 300)})`;
    return `${code}: ${message}${more}`;
  });
  return ` ${harmless(said.join("; ").slice(0, 2000))}`;
}
