/** What scripts refuse with, in the catalogue's words. */
import { BerthError, type ErrorCode } from "@berth/protocol/errors";

type Refusal = readonly [ErrorCode, (path: string, rest: string) => string];

const said: Readonly<Record<string, Refusal>> = {
  missing: ["FILE_NOT_FOUND", (path) => `There is no ${path}`],
  dangling: ["FILE_NOT_FOUND", (path) => `${path} is a link to something that is not there`],
  outside: ["FILE_OUTSIDE", (path) => `${path} is outside the folders that this session's template opens`],
  readonly: ["FILE_OUTSIDE", (path) => `${path} is in a folder that this session's template opens for reading only`],
  forbidden: ["FILE_FORBIDDEN", (path) => `The session's user may not go into ${path}`],
  owner: ["FILE_FORBIDDEN", (path) => `${path} belongs to another user of the session's system, and can't be replaced without losing that`],
  kind: ["FILE_KIND", (path) => `${path} is not a folder`],
  folder: ["FILE_KIND", (path) => `${path} is a folder, not a file`],
  special: ["FILE_KIND", (path) => `${path} is neither a file nor a folder; what it is can't be read or written here`],
  link: ["FILE_KIND", (path, rest) => `${path} is a link${rest ? ` to ${rest}` : ""}; name what it leads to`],
  exists: ["FILE_EXISTS", (path) => `${path} is there already`],
  changed: ["FILE_CHANGED", (path) => `${path} was changed by someone else since it was read; read it again`],
  offset: ["UPLOAD_OFFSET", (path, rest) => `Of the upload to ${path}, ${rest} bytes are there: go on from there`],
  short: ["UPLOAD_BROKEN", (path, rest) => `The upload to ${path} ended after ${rest} bytes, before it was whole; nothing was changed`],
};

const heard: ReadonlyArray<readonly [RegExp, ErrorCode, (path: string) => string]> = [
  [
    /No space left on device|Disk quota exceeded/,
    "DISK_FULL",
    (path) => `There is no room left in the session for ${path}; delete something there`,
  ],
  [
    /Permission denied|Operation not permitted|Read-only file system/i,
    "FILE_FORBIDDEN",
    (path) => `The session's user may not do this to ${path}`,
  ],
  [/Directory not empty/, "FOLDER_NOT_EMPTY", (path) => `${path} is not empty; say that all in it is to be deleted too`],
  [/File exists/, "FILE_EXISTS", (path) => `${path} is there already`],
  [/subdirectory of itself/, "INVALID_PARAMETER", (path) => `${path} can't be moved into itself`],
  [/Not a directory|Is a directory/, "FILE_KIND", (path) => `${path} leads through something that is no folder, or is one`],
  [/No such file|nonexistent directory|Directory nonexistent/, "FILE_NOT_FOUND", (path) => `There is no ${path}, or no more`],
  [/File name too long/, "INVALID_PARAMETER", (path) => `The name of ${path} is too long for the session's file system`],
];

/** Of a script that ended with `code` and these words on stderr. */
export function refusalOf(code: number, words: string, { path, sessionId }: { path: string; sessionId: string }): BerthError {
  const line = /(?:^|\n)berth (\w+)(?: ([^\n]*))?/.exec(words);
  const [word = "", rest = ""] = line ? [line[1], line[2]] : [];
  if (word === "lacks")
    return new BerthError("SESSION_LACKS_PROGRAM", `The image of session ${sessionId} has no ${rest}, which its files are reached by`);
  const known = said[word];
  if (known) return new BerthError(known[0], known[1](path, rest));
  const [, codeOfWords, message] = heard.find(([pattern]) => pattern.test(words)) ?? [];
  if (codeOfWords && message) return new BerthError(codeOfWords, message(path));
  // Ended by a signal, with nothing to say: by the container's end, or by whoever asked.
  if (code >= 128) return new BerthError("SESSION_NOT_RUNNING", `The session ended, or was ended, while ${path} was worked on`);
  return new BerthError("FILE_FAILED", `It could not be done to ${path}: ${words.trim().slice(-300) || `exit code ${code}`}`);
}
