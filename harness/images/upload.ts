import { HarnessError } from "../errors.js";
import type { Blob } from "./blob.js";
import { refusal } from "./refusal.js";
import { registryError } from "./registry-error.js";

/** Octets in one request. */
const CHUNK = 4 * 1024 * 1024;

/** How often an upload goes on where it broke. */
const RESUMPTIONS = 3;

export interface Upload {
  readonly blob: Blob;
  readonly name: string;
  /** Where uploads begin. */
  readonly start: string;
  readonly send: (url: string, init: RequestInit) => Promise<Response>;
  readonly onProgress?: (text: string) => void;
}

/**
 * Uploads a blob in chunks (distribution specification, "Pushing a blob in chunks"). When the connection breaks, the registry is asked how far it
 * got, and the upload goes on there; an upload that is given up is taken back, so that nothing is left behind.
 */
export async function upload({ blob, name, start, send, onProgress }: Upload): Promise<void> {
  const doing = `pushing ${name}`;
  const begun = await send(start, { method: "POST" });
  if (begun.status !== 202) throw await registryError(begun, doing);
  const total = blob.bytes.byteLength;
  let location = locationOf(begun, start);
  let sent = 0;
  let resumptions = 0;
  try {
    while (sent < total) {
      const end = Math.min(sent + CHUNK, total);
      try {
        const response = await send(location, {
          method: "PATCH",
          headers: {
            "content-type": "application/octet-stream",
            "content-range": `${sent}-${end - 1}`,
          },
          body: Buffer.from(blob.bytes.subarray(sent, end)),
        });
        if (response.status < 500 && response.status !== 202) throw await registryError(response, doing);
        if (response.status !== 202) throw new Broken(await registryError(response, doing));
        location = locationOf(response, location);
        sent = end;
      } catch (error) {
        const isOver = error instanceof HarnessError && error.code === "REGISTRY_REFUSED";
        if (isOver || resumptions === RESUMPTIONS) throw error instanceof Broken ? error.refusal : error;
        resumptions++;
        ({ location, sent } = await whereItIs(location, sent, total, send, doing));
        onProgress?.(`${name}: the connection broke, going on at ${sent} of ${total} octets`);
      }
      onProgress?.(`${name}: ${Math.round((100 * sent) / total)} %`);
    }
    const closing = new URL(location);
    closing.searchParams.set("digest", blob.digest);
    const closed = await send(closing.href, { method: "PUT" });
    if (closed.status !== 201) throw await registryError(closed, doing);
  } catch (error) {
    await send(location, { method: "DELETE" }).catch(() => undefined);
    throw error;
  }
}

/** The registry failed at its own: worth another try. */
class Broken extends Error {
  constructor(readonly refusal: HarnessError) {
    super(refusal.message);
  }
}

/** Asks how much has arrived. */
async function whereItIs(
  location: string,
  sent: number,
  total: number,
  send: Upload["send"],
  doing: string,
): Promise<{ location: string; sent: number }> {
  const response = await send(location, {});
  if (response.status !== 204) throw await registryError(response, doing);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1];
  // "0-0" is said of an empty upload too; what was acknowledged before is certain.
  const arrived = last === undefined || last === "0" ? sent : Number(last) + 1;
  if (arrived > total)
    throw refusal(doing, `more has arrived, it says, than there is: ${arrived} of ${total} octets`);
  return { location: locationOf(response, location), sent: arrived };
}

/** The next request's address; registries give it whole or without the host. */
function locationOf(response: Response, from: string): string {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, from)) {
    throw new HarnessError("REGISTRY_REFUSED", `${new URL(from).host} does not say where the upload goes on`);
  }
  return new URL(location, from).href;
}
