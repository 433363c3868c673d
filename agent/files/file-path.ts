import { BerthError } from "@berth/protocol/errors";
import { type FileAccess, pathProblem } from "@berth/protocol/session-files";

/** A path inside a session, in bytes, that says where it is by itself: absolute, without `.` and `..`. */
export class FilePath {
  private constructor(readonly bytes: Buffer) {}

  /** Of base64url. Throws INVALID_PARAMETER. */
  static parse(text: string | null): FilePath {
    if (text === null || !/^[A-Za-z0-9_-]+$/.test(text)) throw new BerthError("INVALID_PARAMETER", "path: must be base64url of a path");
    const bytes = Buffer.from(text, "base64url");
    const problem = pathProblem(bytes);
    if (problem) throw new BerthError("INVALID_PARAMETER", `path: ${problem}`);
    return new FilePath(bytes);
  }

  /** For people. */
  get shown(): string {
    return this.bytes.toString("utf8");
  }

  get folder(): string {
    const slash = this.bytes.lastIndexOf("/");
    return shellText(slash <= 0 ? Buffer.from("/") : this.bytes.subarray(0, slash));
  }

  get name(): string {
    return shellText(this.bytes.subarray(this.bytes.lastIndexOf("/") + 1));
  }

  get whole(): string {
    return shellText(this.bytes);
  }
}

/** As `printf %b` reads it: argv has room for UTF-8 alone, and the shell would take a newline at a name's end for its own. */
export function shellText(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9._/-]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return text;
}

/** One a line: what a script holds real folders against. */
export const rootsText = (folders: FileAccess["writable"]): string => folders.map((path) => shellText(Buffer.from(path))).join("\n");
