import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createScratchpad } from "./server.mjs";

let folder: string;
let notesFile: string;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scratchpad-"));
  notesFile = join(folder, "notes.json");
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<{ port: number; close: () => Promise<void> }> {
  const scratchpad = await createScratchpad({ notesFile });
  scratchpad.server.listen(0, "127.0.0.1");
  await once(scratchpad.server, "listening");
  ends.push(scratchpad.close);
  return { port: (scratchpad.server.address() as AddressInfo).port, close: scratchpad.close };
}

async function tab(port: number, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/sync`, { headers });
  const heard: unknown[] = [];
  socket.on("message", (data) => heard.push(JSON.parse(String(data))));
  ends.push(() => socket.terminate());
  await once(socket, "open");
  return { socket, heard, put: (id: string, title: string, body: string) => socket.send(JSON.stringify({ type: "put", id, title, body })) };
}

test("a note written in one tab appears in the others, and in one that is opened later", async () => {
  const { port } = await start();
  const [writer, reader] = await Promise.all([tab(port), tab(port)]);
  writer.put("a1", "Shopping", "røde æbler 🍎");
  await vi.waitFor(() =>
    expect(reader.heard[1]).toMatchObject({ type: "put", note: { id: "a1", title: "Shopping", body: "røde æbler 🍎" } }),
  );
  const later = await tab(port);
  await vi.waitFor(() => expect(later.heard[0]).toMatchObject({ type: "all", notes: [{ id: "a1" }] }));
  expect(writer.heard).toHaveLength(1);
});

test("notes are there after a restart", async () => {
  const first = await start();
  (await tab(first.port)).put("a1", "Kept", "");
  await vi.waitFor(() => expect(readFileSync(notesFile, "utf8")).toContain("Kept"));
  await first.close();
  const again = await tab((await start()).port);
  await vi.waitFor(() => expect(again.heard[0]).toMatchObject({ notes: [{ title: "Kept" }] }));
});

test("a file that can't be read is put aside, not lost", async () => {
  writeFileSync(notesFile, "{ not notes");
  await start();
  expect(readdirSync(folder).some((name) => name.includes("unreadable"))).toBe(true);
});

test("a change that is too long is refused and the tab stays connected", async () => {
  const { port } = await start();
  const one = await tab(port);
  one.put("a1", "t".repeat(300), "");
  await vi.waitFor(() => expect(one.heard[1]).toEqual({ type: "refused" }));
  expect(one.socket.readyState).toBe(WebSocket.OPEN);
});

test("a page of another origin can't open the socket; our own can", async () => {
  const { port } = await start();
  await expect(tab(port, { origin: "http://evil.example" })).rejects.toThrow("403");
  await expect(tab(port, { origin: `http://127.0.0.1:${port}` })).resolves.toBeDefined();
});

test("the page is served, and nothing else of the file system", async () => {
  const { port } = await start();
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await page.text()).toContain("<title>Scratchpad</title>");
  for (const path of ["/../main.mjs", "/constructor", "/%2e%2e/main.mjs", "/notes"]) {
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
  }
});
