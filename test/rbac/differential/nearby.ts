import type { Claim } from "./literals.js";
import type { Json } from "./metadata-value.js";

/** The text, or what is nearly it. */
export function nearby(text: string, change: number): string {
  switch (change) {
    case 1:
      return `${text}x`;
    case 2:
      return text.slice(0, -1);
    case 3:
      return text.toUpperCase();
    case 4:
      return `x${text}`;
    case 5:
      return text.toLowerCase();
    case 6:
      return `${text},${text}`;
    case 7:
      return "";
    case 8:
      return "other";
    default:
      return text;
  }
}

/** Likewise a path, in ways that some would take for the same one. */
export function nearbyPath(path: string, change: number): string {
  switch (change) {
    case 1:
      return `${path}/`;
    case 2:
      return path.length > 1 ? path.slice(0, -1) : path;
    case 3:
      return path.toUpperCase();
    case 4:
      return `/x/..${path}`;
    case 5:
      return `${path};v=1`;
    case 6:
      return path.replace(/(?<=.)\//, "%2F");
    case 7:
      return path.replace("/", "//");
    case 8:
      return path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
    case 9:
      return `${path}/more`;
    default:
      return path;
  }
}

/** Likewise a host. */
export function nearbyAuthority(host: string, change: number): string {
  switch (change) {
    case 1:
      return `${host}:80`;
    case 2:
      return `x.${host}`;
    case 3:
      return host.toUpperCase();
    case 4:
      return `${host}.`;
    case 5:
      return host.replace(/:\d+$/, "");
    case 6:
      return `user@${host}`;
    case 8:
      return "other.example";
    default:
      return host;
  }
}

/** Likewise a value of metadata, of another kind perhaps. */
export function nearbyClaim({ value }: Claim, change: number): Json {
  if (change === 8) return [value];
  if (change === 9) return { of: value };
  if (typeof value === "string") return nearby(value, change);
  if (typeof value === "number") return [value, value + 1, String(value), value - 0.5, -value][change % 5]!;
  if (typeof value === "boolean") return [value, !value, String(value)][change % 3]!;
  if (Array.isArray(value)) return [value, [], value.slice(1), value.slice(0, 1)][change % 4]! as Json;
  return [value, "", null, false][change % 4]!;
}
