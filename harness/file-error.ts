const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "what stands for a folder in it is a file",
  EISDIR: "it is a folder",
  EEXIST: "it is a file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

/** What the file system has refused, in words for the person who named the file. */
export function fileTrouble(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return WORDS[code] ?? message;
}
