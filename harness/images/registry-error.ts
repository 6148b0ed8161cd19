import { z } from "zod";
import { ExitCode, HarnessError } from "../errors.js";

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
  const text = await response.text().catch(() => "");
  const isDenied = response.status === 401 || response.status === 403;
  return new HarnessError("REGISTRY_REFUSED", `${doing}: ${response.status}${saying(text)}`, {
    exitCode: isDenied ? ExitCode.environment : ExitCode.checkFailed,
    ...(isDenied ? { hint: `Log in first: docker login ${new URL(response.url).host}` } : {}),
  });
}

function saying(text: string): string {
  const errors = Errors.safeParse(parsed(text));
  if (!errors.success) return text.trim() === "" ? "" : ` ${text.trim().slice(0, 300)}`;
  const said = errors.data.errors.map(({ code, message, detail }) => {
    const more = detail === undefined || detail === null ? "" : ` (${JSON.stringify(detail).slice(0, 300)})`;
    return `${code}: ${message}${more}`;
  });
  return ` ${said.join("; ")}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
