import { randomUUID } from "node:crypto";
import { parseCpu, parseMemory } from "@berth/protocol/quantities";
import { describe, expect, it, vi } from "vitest";
import { startData } from "../../testing/start-data";
import type { SessionDriver } from "../driver";
import { codeOf, driverContract, operation } from "../driver-contract";
import { Framebuffer } from "./framebuffer";
import { MemoryDriver } from "./memory-driver";

function memory(driver: SessionDriver): MemoryDriver {
  if (driver instanceof MemoryDriver) return driver;
  throw new Error("not the memory driver");
}

driverContract("memory", {
  open: async () => new MemoryDriver(),
  images: {
    rfb: "memory/desktop",
    http: { image: "memory/app", port: 8080 },
    slow: "memory/slow:60000ms",
    missing: "memory/fail:image-not-found",
  },
  print: async (driver, session, line) => memory(driver).print(session.sessionId, line),
  limits: async (driver, session) => {
    const { memory: bytes, cpu } = memory(driver).limitsOf(session.sessionId);
    return { memoryBytes: parseMemory(bytes) ?? 0, millicores: parseCpu(cpu) ?? 0 };
  },
  kill: async (driver, session) => memory(driver).kill(session.sessionId),
  remove: async (driver, session) => memory(driver).vanish(session.sessionId),
});

describe("faults that a test asks for", () => {
  const start = (driver: MemoryDriver, image: string, sessionId: string = randomUUID()) =>
    driver.start({ sessionId, spec: startData({ image }) }, operation());

  it("fails with the code that the image names", async () => {
    const driver = new MemoryDriver();
    expect(await codeOf(start(driver, "memory/fail:disk-full"))).toBe("DISK_FULL");
    expect(await codeOf(start(driver, "memory/fail:nonsense"))).toBe("SESSION_PROVISIONING_FAILED");
  });

  it("ends a session by itself after a while", async () => {
    const driver = new MemoryDriver();
    const observed = vi.fn();
    driver.watch({ observed, engineReturned: () => {} });
    const sessionId = randomUUID();
    await start(driver, "memory/dies:5ms", sessionId);
    await vi.waitFor(() => expect(observed).toHaveBeenCalledWith(expect.objectContaining({ sessionId, observed: "failed" })));
  });
});

describe("the picture of a display in memory", () => {
  const cells = (text: string, pointer: { x: number; y: number } | null = null) => {
    const picture = new Framebuffer(120, 60);
    picture.draw(text, pointer);
    return Array.from({ length: 120 * 60 }, (_, at) => picture.pixel(at % 120, Math.floor(at / 120))).join();
  };

  it("shows different text differently and the same text alike", () => {
    const pictures = ["", "a", "b", "ab", "ba", "a\nb", "\u00e4"].map((text) => cells(text));
    expect(new Set(pictures).size).toBe(pictures.length);
    expect(cells("ab")).toBe(pictures[3]);
    expect(cells("a", { x: 60, y: 30 })).not.toBe(cells("a"));
  });

  it("encodes pixels as a client asks for them", () => {
    const picture = new Framebuffer(1, 1);
    const paper = picture.pixel(0, 0);
    const wide = { bitsPerPixel: 32 as const, max: [255, 255, 255] as const, shift: [0, 8, 16] as const };
    expect(picture.encode(0, 0, 1, 1, { ...wide, bigEndian: false }).readUIntBE(0, 3)).toBe(paper);
    expect(picture.encode(0, 0, 1, 1, { ...wide, bigEndian: true }).readUIntLE(1, 3)).toBe(paper);
    expect(picture.encode(0, 0, 1, 1, { bitsPerPixel: 16, bigEndian: false, max: [31, 63, 31], shift: [11, 5, 0] })).toHaveLength(2);
    expect(picture.encode(0, 0, 1, 1, { bitsPerPixel: 8, bigEndian: false, max: [7, 7, 3], shift: [0, 3, 6] })).toHaveLength(1);
  });
});
