import { describe, expect, it } from "vitest";
import { DesktopSize } from "./desktop-size";

/** As noVNC writes it: one screen, with the id that the display gave it. */
function setDesktopSize(width: number, height: number): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(24);
  const view = new DataView(message.buffer);
  message[0] = 251;
  message[6] = 1;
  view.setUint16(2, width);
  view.setUint16(4, height);
  view.setUint32(8, 0xc0ffee);
  view.setUint16(16, width);
  view.setUint16(18, height);
  return message;
}
const sizes = (message: Uint8Array | null) => {
  if (!message) return null;
  const view = new DataView(message.buffer, message.byteOffset);
  return [view.getUint16(2), view.getUint16(4), view.getUint16(16), view.getUint16(18), view.getUint32(8)];
};

describe("the size that a viewer asks for", () => {
  it("is its window's, or as many pixels as the screen has there, for the display's own screen", () => {
    const size = new DesktopSize();
    expect(sizes(size.pass(setDesktopSize(800, 600)))).toEqual([800, 600, 800, 600, 0xc0ffee]);
    size.ratio = 2;
    expect(sizes(size.pass(setDesktopSize(800, 600)))).toEqual([1600, 1200, 1600, 1200, 0xc0ffee]);
    size.ratio = 1.25;
    expect(sizes(size.pass(setDesktopSize(801, 601)))).toEqual([1001, 751, 1001, 751, 0xc0ffee]);
  });

  it("is asked for once, however often noVNC finds that it got another one", () => {
    const size = new DesktopSize();
    size.ratio = 2;
    expect(size.pass(setDesktopSize(800, 600))).not.toBeNull();
    expect(size.pass(setDesktopSize(800, 600))).toBeNull();
    expect(size.pass(setDesktopSize(801, 600))).not.toBeNull();
  });

  it("is asked for again when the viewer says so, once the display is known to be able to", () => {
    const size = new DesktopSize();
    expect(size.ask(800, 600)).toBeNull();
    size.pass(setDesktopSize(800, 600));
    expect(sizes(size.ask(640.7, 480.2))).toEqual([640, 480, 640, 480, 0xc0ffee]);
    expect(sizes(size.ask(640.7, 480.2))).toEqual([640, 480, 640, 480, 0xc0ffee]);
  });

  it("has its bounds", () => {
    const size = new DesktopSize();
    size.ratio = 3;
    expect(size.wanted(9000, 0)).toEqual({ width: 8192, height: 1 });
  });

  it("is no part of a long text that goes to the desktop's clipboard in pieces, whatever they look like", () => {
    const size = new DesktopSize();
    size.ratio = 2;
    const first = new Uint8Array(100);
    first[0] = 6;
    // The extended clipboard has a negative length.
    new DataView(first.buffer).setInt32(4, -(92 + 24));
    const piece = setDesktopSize(800, 600);
    expect(size.pass(first)).toBe(first);
    expect(size.pass(piece)).toBe(piece);
    expect(size.pass(setDesktopSize(800, 600))).not.toBe(piece);
  });

  it("leaves every other message alone", () => {
    const size = new DesktopSize();
    size.ratio = 2;
    for (const message of [
      new Uint8Array([251]),
      new Uint8Array([251, 0, 1, 0, 1, 0, 1, 0]),
      new Uint8Array(24).fill(5),
      new Uint8Array(0),
    ])
      expect(size.pass(message)).toBe(message);
  });
});
