import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ViewerMode, ViewerPolicy } from "@berth/protocol/agent-messages";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { cutText, keyEvent, keyPress, pointerEvent, setEncodings, shakeHands, updateRequest, ViewerReader } from "../testing/rfb-client";
import { runAgent } from "../testing/running-agent";
import { startData } from "../testing/start-data";

let running: Awaited<ReturnType<typeof runAgent<MemoryDriver>>>;
let id: string;
beforeEach(async () => {
  running = await runAgent(new MemoryDriver());
  id = randomUUID();
  await running.plane.result(running.plane.command("start_session", id, startData({})));
});
afterEach(() => running.end());

const input = () => running.driver.inputOf(id);
const typed = () => input()?.text;

async function join(mode: ViewerMode, policy?: ViewerPolicy) {
  const { socket, update } = await running.plane.displayViewer(id, mode, policy);
  const reader = new ViewerReader(socket);
  const { width, height } = await shakeHands(socket, reader);
  return {
    socket,
    reader,
    update,
    type: (text: string) => {
      for (const letter of text) socket.send(keyPress(letter));
    },
    /** Resolves once the display has answered: all that was sent before has arrived there. */
    seen: async () => {
      socket.send(updateRequest(false, width, height));
      await reader.read(16 + width * height * 4);
    },
  };
}

/** The agent takes messages of its channel in order: once it has answered this one, it has taken those before. */
async function told() {
  const before = running.plane.all("inventory").length;
  running.plane.send({ type: "inventory_request" });
  await vi.waitFor(() => expect(running.plane.all("inventory").length).toBeGreaterThan(before));
}

describe("who says how large the desktop is", () => {
  const size = (width: number, height: number) => {
    const message = Buffer.alloc(24);
    message.writeUInt8(251, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6);
    return message;
  };

  it("is one of those who may type: who asked first, then whose keys or buttons were pressed last", async () => {
    const [one, two] = [await join("control"), await join("control")];
    one.socket.send(size(800, 600));
    await one.seen();
    two.socket.send(size(1, 1));
    two.socket.send(pointerEvent(5, 5, 0));
    two.socket.send(size(2, 2));
    await two.seen();
    expect(input()?.sizes).toEqual(["800x600"]);

    two.socket.send(pointerEvent(5, 5, 1));
    two.socket.send(size(1024, 768));
    await two.seen();
    one.socket.send(size(3, 3));
    await one.seen();
    one.type("a");
    one.socket.send(size(640, 480));
    await one.seen();
    expect(input()?.sizes).toEqual(["800x600", "1024x768", "640x480"]);
  });

  it("is never one who watches, and another once the one who led watches or has gone", async () => {
    const [owner, guest] = [await join("control"), await join("view")];
    guest.socket.send(size(1, 1));
    await guest.seen();
    owner.socket.send(size(800, 600));
    await owner.seen();
    owner.update("view");
    guest.update("control");
    await told();
    owner.socket.send(size(2, 2));
    guest.socket.send(size(1024, 768));
    await Promise.all([owner.seen(), guest.seen()]);
    expect(input()?.sizes).toEqual(["800x600", "1024x768"]);

    const late = await join("control");
    late.socket.send(size(3, 3));
    await late.seen();
    guest.socket.close();
    await once(guest.socket, "close");
    await vi.waitFor(async () => {
      late.socket.send(size(640, 480));
      await late.seen();
      expect(input()?.sizes.at(-1)).toBe("640x480");
    });
    expect(input()?.sizes).not.toContain("3x3");
  });
});

describe("who may type", () => {
  it("is handed over from one viewer to another, and taken back, while both go on seeing", async () => {
    const owner = await join("control");
    const guest = await join("view");
    owner.type("a");
    guest.type("X");
    await Promise.all([owner.seen(), guest.seen()]);
    expect(typed()).toBe("a");

    owner.update("view");
    guest.update("control");
    await told();
    owner.type("X");
    guest.type("b");
    await Promise.all([owner.seen(), guest.seen()]);
    expect(typed()).toBe("ab");

    guest.update("view");
    owner.update("control");
    await told();
    guest.type("X");
    guest.socket.send(pointerEvent(5, 5, 1));
    guest.socket.send(cutText("X"));
    owner.type("c");
    await Promise.all([owner.seen(), guest.seen()]);
    expect(input()).toMatchObject({ text: "abc", pointer: null, clipboard: null });
  });

  it("lets go of keys and buttons that are held when control is taken", async () => {
    const guest = await join("control");
    guest.socket.send(keyEvent("k".charCodeAt(0), true));
    guest.socket.send(pointerEvent(7, 8, 1));
    await guest.seen();
    expect(input()).toMatchObject({ keys: 1, pointer: { buttons: 1 } });
    guest.update("view");
    await vi.waitFor(() => expect(input()).toMatchObject({ text: "k", keys: 2, pointer: { x: 7, y: 8, buttons: 0 } }));
  });

  it("counts also for a viewer whose tunnel is still being dialled", async () => {
    const { socket, update } = await running.plane.displayViewer(id, "control");
    const reader = new ViewerReader(socket);
    update("view");
    await told();
    const { width, height } = await shakeHands(socket, reader);
    socket.send(keyPress("X"));
    socket.send(updateRequest(false, width, height));
    await reader.read(16 + width * height * 4);
    expect(typed()).toBe("");
  });

  it("is not changed by a message that names another session", async () => {
    const guest = await join("view");
    guest.update("control", undefined, randomUUID());
    await told();
    guest.type("X");
    await guest.seen();
    expect(typed()).toBe("");
  });

  it("ends one who may not type any more and never ends what it was sending, with the keys it held", async () => {
    const guest = await join("control");
    guest.socket.send(keyEvent("k".charCodeAt(0), true));
    guest.socket.send(cutText("endless").subarray(0, 10));
    await vi.waitFor(() => expect(input()?.keys).toBe(1));
    guest.update("view");
    const [code, reason] = await once(guest.socket, "close");
    expect([code, String(reason)]).toEqual([1008, "the viewer may not type any more and did not end what it was sending"]);
  });

  it("ends one whose stream can't be read when it may not type any more", async () => {
    id = randomUUID();
    await running.plane.result(running.plane.command("start_session", id, startData({ image: "memory/echo" })));
    const guest = await join("control");
    guest.socket.send(Buffer.from([99, 1]));
    await guest.reader.read(2);
    guest.update("view");
    const [code, reason] = await once(guest.socket, "close");
    expect([code, String(reason)]).toEqual([1008, expect.stringContaining("can't be read")]);
  });
});

describe("the clipboard", () => {
  const CLOSED = { clipboard_in: false, clipboard_out: false };

  it("does not reach a desktop that takes none, while typing does", async () => {
    const viewer = await join("control", { clipboard_in: false, clipboard_out: true });
    viewer.socket.send(cutText("smuggled"));
    viewer.type("a");
    await viewer.seen();
    expect(input()).toMatchObject({ text: "a", clipboard: null });
    viewer.update("control");
    await told();
    viewer.socket.send(cutText("welcome"));
    await viewer.seen();
    expect(input()?.clipboard).toBe("welcome");
  });

  it("of the desktop does not reach a viewer where it is closed, and does where it is open", async () => {
    const closed = await join("control", CLOSED);
    const open = await join("control");
    running.driver.copyInside(id, "a secret of the desktop");
    expect((await open.reader.read(31)).subarray(8).toString()).toBe("a secret of the desktop");
    closed.socket.send(setEncodings(7, 0));
    closed.socket.send(updateRequest(false, 640, 480));
    // The next byte that it gets is a picture's.
    expect((await closed.reader.read(4)).equals(Buffer.from([0, 0, 0, 1]))).toBe(true);
  });

  it("that is closed for an open viewer ends it, so that it comes back without", async () => {
    const viewer = await join("control");
    viewer.update("control", { clipboard_in: true, clipboard_out: false });
    const [code, reason] = await once(viewer.socket, "close");
    expect([code, String(reason)]).toEqual([1008, expect.stringContaining("clipboard of the desktop was closed")]);
  });

  it("that is opened again reaches a viewer that was there before", async () => {
    const viewer = await join("control", CLOSED);
    viewer.update("control");
    await told();
    running.driver.copyInside(id, "hello");
    expect((await viewer.reader.read(13)).subarray(8).toString()).toBe("hello");
  });
});
