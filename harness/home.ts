import { homedir, userInfo } from "node:os";

/** The user's home folder; where HOME is empty, what the user database says, and not the folder one works in. */
export function homeFolder(): string {
  return homedir() || userInfo().homedir;
}
