import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBanner } from "./banner";
import { connectSocket, DisplayFolders } from "./display-socket";

let folder: string;
const open = new Set<Socket>();
const server = createServer((socket) => {
  open.add(socket);
  socket.end("RFB 003.008\n");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bd-"));
  server.listen(join(folder, "real.sock"));
  await once(server, "listening");
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, "close");
  await rm(folder, { recursive: true, force: true });
});

describe("a display's socket", () => {
  it("is connected to where it is a socket", async () => {
    const socket = await connectSocket(join(folder, "real.sock"));
    expect(String((await once(socket, "data"))[0])).toBe("RFB 003.008\n");
  });

  it("is not followed where it is a link, even to a real socket", async () => {
    await symlink(join(folder, "real.sock"), join(folder, "display.sock"));
    await expect(connectSocket(join(folder, "display.sock"))).rejects.toMatchObject({
      code: "DISPLAY_UNREACHABLE",
      message: expect.stringContaining("a link"),
    });
  });

  it("is refused where it is a file, a folder or not there", async () => {
    await writeFile(join(folder, "file"), "RFB 003.008\n");
    await mkdir(join(folder, "folder"));
    for (const name of ["file", "folder", "nothing"]) {
      await expect(connectSocket(join(folder, name))).rejects.toMatchObject({ code: "DISPLAY_UNREACHABLE" });
    }
  });

  it("has a folder that the container can write to, inside one that is closed, and starts empty", async () => {
    const folders = new DisplayFolders(folder);
    const made = await folders.make("0123abcd-0000-4000-8000-000000000000");
    await writeFile(join(made, "left"), "");
    await folders.make("0123abcd-0000-4000-8000-000000000000");
    await expect(stat(join(made, "left"))).rejects.toThrow("ENOENT");
    expect((await stat(made)).mode & 0o777).toBe(0o777);
    expect((await stat(join(folder, "d"))).mode & 0o777).toBe(0o700);
    expect(folders.fits("0123abcd-0000-4000-8000-000000000000")).toBe(true);
    expect(new DisplayFolders(`/${"x".repeat(90)}`).fits("0123abcd-0000-4000-8000-000000000000")).toBe(false);
  });
});

describe("the banner of a display", () => {
  const said = async (...chunks: string[]) => {
    const [near, far] = duplexPair();
    const banner = readBanner(near, 100);
    // Looked at later.
    banner.catch(() => {});
    for (const chunk of chunks) {
      far.write(chunk);
      await new Promise(setImmediate);
    }
    return { near, far, banner };
  };

  it("is read in any pieces and left in the stream", async () => {
    const { near, banner } = await said("R", "FB 003", ".008\n", "more");
    await banner;
    near.resume();
    let heard = "";
    near.on("data", (chunk) => (heard += String(chunk)));
    await expect.poll(() => heard).toBe("RFB 003.008\nmore");
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\n", "answered with HTTP"],
    ["SSH-2.0-OpenSSH_9\r\n", "answered with SSH"],
    ["RFB nonsense", "answered with RFB"],
    ["\u0000\u0001\u0002\u0003", "answered with"],
  ])("is no banner: %j", async (bytes, words) => {
    const { near, banner } = await said(bytes);
    await expect(banner).rejects.toMatchObject({ code: "DISPLAY_PROTOCOL_MISMATCH", message: expect.stringContaining(words) });
    expect(near.destroyed).toBe(true);
  });

  it("does not come from one that is silent or ends", async () => {
    await expect((await said()).banner).rejects.toMatchObject({
      code: "DISPLAY_UNREACHABLE",
      message: expect.stringContaining("said nothing"),
    });
    const { far, banner } = await said("RFB");
    far.end();
    await expect(banner).rejects.toMatchObject({ code: "DISPLAY_UNREACHABLE", message: expect.stringContaining("ended") });
  });
});
