import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tarOf } from "../testing/tar-file";
import { TarCheck } from "./tar-check";

const END = Buffer.alloc(1024);
const entry = (name: string, content = "") => tarOf(name, Buffer.from(content)).subarray(0, -1024);

/** An entry of another kind: its checksum is made anew. */
function special(kind: string, name: string, link = ""): Buffer {
  const head = Buffer.from(entry(name).subarray(0, 512));
  head.write(kind, 156, "latin1");
  head.write(link, 157, "latin1");
  head.write("        ", 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return head;
}

function longName(name: string): Buffer {
  const content = Buffer.from(`${name}\0`);
  const fake = tarOf("././@LongLink", content).subarray(0, -1024);
  const head = special("L", "././@LongLink");
  fake.subarray(124, 136).copy(head, 124);
  head.write("        ", 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([head, fake.subarray(512)]);
}

/** Whether it was seen whole; rejects with what it was refused for. `cuts`: where it is broken into chunks. */
async function look(archive: Buffer, cuts: readonly number[] = []): Promise<boolean> {
  const check = new TarCheck();
  const at = [0, ...[...cuts].sort((a, b) => a - b), archive.length];
  const chunks = at.slice(1).map((end, index) => archive.subarray(at[index], end));
  await pipeline(Readable.from(chunks), check, async (out) => {
    for await (const _ of out);
  });
  return check.complete;
}

describe("what is in an archive", () => {
  it("passes where all of it stays in its folder, however it comes in pieces", async () => {
    const archive = Buffer.concat([
      special("5", "folder/"),
      entry("folder/file", "x".repeat(700)),
      special("2", "folder/link", "../other"),
      special("1", "hard", "folder/file"),
      longName(`folder/${"n".repeat(150)}`),
      entry("short"),
      END,
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(archive.length), { maxLength: 9 }), async (cuts) => {
        expect(await look(archive, cuts)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["a name that goes up", entry("a/../../b")],
    ["an absolute name", entry("/etc/x")],
    ["a long name that goes up", Buffer.concat([longName("../b"), entry("innocent")])],
    ["a link that goes up", special("2", "folder/link", "../../b")],
    ["an absolute link", special("2", "link", "/etc")],
    ["a hard link that goes up", special("1", "folder/hard", "../b")],
    ["a link that goes down by a link and up again", Buffer.concat([special("2", "x", "."), special("2", "y", "x/x/../..")])],
    ["an entry through a link", Buffer.concat([special("2", "d", "elsewhere"), entry("d/file")])],
    ["a device", special("3", "null")],
    ["a pipe", special("6", "pipe")],
    ["the name of a part", entry(".berth-part-00000000")],
    ["no archive at all", Buffer.alloc(1024, "no tar ")],
  ])("is refused for %s", async (_what, archive) => {
    await expect(look(Buffer.concat([archive, END]))).rejects.toMatchObject({ code: "ARCHIVE_REFUSED" });
  });

  it("is not whole without its end", async () => {
    expect(await look(entry("file", "x"))).toBe(false);
    expect(await look(Buffer.concat([entry("file", "x"), END]))).toBe(true);
  });
});
