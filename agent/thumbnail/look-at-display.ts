/**
 * An RFB client that looks once and goes: it shares the display with whoever is there, asks for no change of its size, sends no key,
 * pointer or clipboard, and reads what an unknown server says within bounds.
 */
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { RFB_MESSAGE } from "../tunnel/rfb-messages";
import { AveragePicture, type Picture } from "./average-picture";
import { StreamBytes } from "./stream-bytes";

const MAX_SIDE = 4096;
const MAX_TEXT_BYTES = 1024 * 1024;
/** Rectangles may overlap, and a picture may come in several answers; a display that goes on for ever is left. */
const MAX_TIMES_PAINTED = 4;
const SECURITY_NONE = 1;
const FROM_SERVER = { update: 0, colours: 1, bell: 2, cutText: 3 } as const;

const unreadable = (why: string) => new BerthError("DISPLAY_UNREACHABLE", `The display can't be pictured: ${why}`);

/** Ends when the picture is there; the caller ends the display, and may at any time. Rejects with `DISPLAY_UNREACHABLE`, or as the display does. */
export async function lookAtDisplay(display: Duplex, side: number): Promise<Picture> {
  const bytes = new StreamBytes(display);
  const { width, height } = await shakeHands(display, bytes);
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) throw unreadable(`it is ${width}×${height} pixels`);
  const picture = new AveragePicture(width, height, side);
  display.write(Buffer.concat([pixelFormat(), rawOnly(), wholeScreen(width, height)]));
  let budget = MAX_TIMES_PAINTED * width * height;
  while (!picture.complete) {
    const type = (await bytes.read(1)).readUInt8(0);
    if (type === FROM_SERVER.update) {
      budget -= await takeUpdate(bytes, picture, budget);
      if (!picture.complete) display.write(wholeScreen(width, height));
    } else await passOver(type, bytes);
  }
  return picture.picture();
}

async function shakeHands(display: Duplex, bytes: StreamBytes): Promise<{ width: number; height: number }> {
  const banner = (await bytes.read(12)).toString("latin1");
  if (!/^RFB 003\.(?:007|008)\n$/.test(banner)) throw unreadable(`it speaks ${JSON.stringify(banner)}`);
  display.write(banner, "latin1");
  const types = await bytes.read((await bytes.read(1)).readUInt8(0));
  if (!types.includes(SECURITY_NONE)) throw unreadable("it asks for a password");
  display.write(Buffer.from([SECURITY_NONE]));
  if (banner.includes("008") && (await bytes.read(4)).readUInt32BE(0) !== 0) throw unreadable("it lets nobody in");
  const shared = 1;
  display.write(Buffer.from([shared]));
  const init = await bytes.read(24);
  const nameBytes = init.readUInt32BE(20);
  if (nameBytes > MAX_TEXT_BYTES) throw unreadable("its name is too long");
  await bytes.skip(nameBytes);
  return { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
}

/** The pixels that came. */
async function takeUpdate(bytes: StreamBytes, picture: AveragePicture, budget: number): Promise<number> {
  const rectangles = (await bytes.read(3)).readUInt16BE(1);
  let painted = 0;
  for (let index = 0; index < rectangles; index++) {
    const head = await bytes.read(12);
    const [x, y, width, height] = [head.readUInt16BE(0), head.readUInt16BE(2), head.readUInt16BE(4), head.readUInt16BE(6)];
    if (head.readInt32BE(8) !== 0) throw unreadable("it sends an encoding that was not asked for");
    if (x + width > picture.sourceWidth || y + height > picture.sourceHeight) throw unreadable("it paints outside of its screen");
    painted += width * height;
    if (painted > budget) throw unreadable("it never ends painting");
    if (width === 0) continue;
    for (let row = y; row < y + height; row++) picture.add(x, row, await bytes.read(4 * width));
  }
  return painted;
}

async function passOver(type: number, bytes: StreamBytes): Promise<void> {
  switch (type) {
    case FROM_SERVER.colours:
      return bytes.skip(6 * (await bytes.read(5)).readUInt16BE(3));
    case FROM_SERVER.bell:
      return;
    case FROM_SERVER.cutText: {
      const length = (await bytes.read(7)).readUInt32BE(3);
      if (length > MAX_TEXT_BYTES) throw unreadable("its clipboard is too long");
      return bytes.skip(length);
    }
    default:
      throw unreadable(`it sends messages of type ${type}, which nobody asked for`);
  }
}

/** 32 bits a pixel, little-endian: blue, green, red and one that says nothing. */
function pixelFormat(): Buffer {
  const message = Buffer.alloc(20);
  message.set([32, 24, 0, 1], 4);
  for (const at of [8, 10, 12]) message.writeUInt16BE(255, at);
  message.set([16, 8, 0], 14);
  return message;
}

const rawOnly = (): Buffer => Buffer.from([RFB_MESSAGE.setEncodings, 0, 0, 1, 0, 0, 0, 0]);

function wholeScreen(width: number, height: number): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(RFB_MESSAGE.framebufferUpdateRequest, 0);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
}
