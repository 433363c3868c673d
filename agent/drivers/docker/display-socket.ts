/**
 * Displays that are reached by a unix socket in a folder of the session's own. The folder belongs to the container, which can put anything
 * there: what is connected to must be a socket, and is it itself (`unfollowed`).
 */
import { chmod, mkdir, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { BerthError } from "@berth/protocol/errors";
import { unfollowed } from "../unfollowed";

/** The kernel's limit; Node 20 takes a longer path without a word and connects nowhere. */
const MAX_SOCKET_PATH_BYTES = 107;
const SOCKET_NAME = "display.sock";

/** Where the folders of all sessions are; closed to everyone else on the host. */
export class DisplayFolders {
  readonly #parent: string;

  constructor(dataDir: string) {
    this.#parent = join(dataDir, "d");
  }

  folderOf(sessionId: string): string {
    return join(this.#parent, sessionId.replaceAll("-", "").slice(0, 16));
  }

  socketOf(sessionId: string): string {
    return join(this.folderOf(sessionId), SOCKET_NAME);
  }

  /** False where the path would be too long for a socket. */
  fits(sessionId: string): boolean {
    return Buffer.byteLength(this.socketOf(sessionId)) < MAX_SOCKET_PATH_BYTES;
  }

  /** An empty folder that the container's user can write to, whatever its number is on the host. */
  async make(sessionId: string): Promise<string> {
    await mkdir(this.#parent, { recursive: true, mode: 0o700 });
    await chmod(this.#parent, 0o700);
    const folder = this.folderOf(sessionId);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await chmod(folder, 0o777);
    return folder;
  }

  async remove(sessionId: string): Promise<void> {
    await rm(this.folderOf(sessionId), { recursive: true, force: true });
  }
}

/** Rejects with `DISPLAY_UNREACHABLE` where there is no socket, something else in its place, or nobody who listens. */
export async function connectSocket(path: string): Promise<Socket> {
  try {
    return await unfollowed(path, (found, through) => {
      if (found.isSocket()) return connected(connect(through), "The session's display socket");
      const what = found.isSymbolicLink() ? "a link" : "something else";
      throw new BerthError("DISPLAY_UNREACHABLE", `There is ${what} in the place of the display's socket; it was not followed`);
    });
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw new BerthError("DISPLAY_UNREACHABLE", "The session's display has no socket yet, or no longer", { cause: error });
  }
}

/** Resolves when connected; `what` begins the sentence where it can't be. */
export function connected(socket: Socket, what: string, timeoutMs = 5000): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (words: string, cause?: unknown) => {
      socket.destroy();
      reject(new BerthError("DISPLAY_UNREACHABLE", `${what} can't be reached: ${words}`, { cause }));
    };
    const late = setTimeout(() => fail(`no connection within ${timeoutMs / 1000} s`), timeoutMs);
    const onError = (error: Error) => {
      clearTimeout(late);
      fail(error.message, error);
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(late);
      socket.off("error", onError);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
