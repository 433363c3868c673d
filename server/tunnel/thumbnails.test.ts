import { type Duplex, duplexPair } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { describe, expect, it } from "vitest";
import { pngOf } from "../testing/small-png";
import { TestClock } from "../testing/test-clock";
import { Thumbnails } from "./thumbnails";

const png = pngOf({ side: 20 });
const grant = (sessionId: string, agentId = "agent") => ({
  sessionId,
  agentId,
  agentName: "host-1",
  request: () => ({ type: "inventory_request" as const }),
});
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof BerthError ? error.code : error),
  );
const answer = (head: unknown, body: Buffer = Buffer.alloc(0)) => Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);

/** Agents that do with their end of a tunnel what a test says. */
function asking(play: (socket: Duplex) => void) {
  const clock = new TestClock();
  const asked: string[] = [];
  const broker = {
    open: async ({ agentId }: { agentId: string }) => {
      asked.push(agentId);
      const [ours, theirs] = duplexPair();
      theirs.on("error", () => {});
      play(theirs);
      return ours;
    },
  };
  return { clock, asked, thumbnails: new Thumbnails({ broker, clock }) };
}

describe("small pictures at the control plane", () => {
  it("are asked for once by all who look, and again after 15 seconds", async () => {
    const { clock, asked, thumbnails } = asking((socket) => socket.end(answer({ bytes: png.length }, png)));
    const all = await Promise.all([thumbnails.read(grant("a")), thumbnails.read(grant("a"))]);
    expect(all.map((one) => one.equals(png))).toEqual([true, true]);
    await clock.advance(14_999);
    await thumbnails.read(grant("a"));
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    await thumbnails.read(grant("a"));
    expect(asked).toHaveLength(2);
  });

  it("are put together from whatever pieces they come in", async () => {
    const { thumbnails } = asking((socket) => {
      for (const byte of answer({ bytes: png.length }, png)) socket.write(Buffer.from([byte]));
    });
    expect((await thumbnails.read(grant("a"))).equals(png)).toBe(true);
  });

  it("are refused in the agent's words, and not asked for again at once", async () => {
    const { asked, thumbnails } = asking((socket) => socket.end(answer({ code: "THUMBNAILS_OFF", message: "not here" })));
    expect(await code(thumbnails.read(grant("a")))).toBe("THUMBNAILS_OFF");
    expect(await code(thumbnails.read(grant("a")))).toBe("THUMBNAILS_OFF");
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["no line", Buffer.alloc(4096, 65)],
    ["a line that says nothing", answer({})],
    ["more than a picture may have", answer({ bytes: 10_000_000 }, png)],
    ["another thing than a picture", answer({ bytes: 20 }, Buffer.from("<svg onload=alert(1)>"))],
    ["less than it said", answer({ bytes: png.length }, png.subarray(0, 30))],
  ])("are none where an agent sends %s", async (_, said) => {
    const { thumbnails } = asking((socket) => socket.end(said));
    expect(await code(thumbnails.read(grant("a")))).toBe("TUNNEL_FAILED");
  });

  it("are given up where the agent says nothing, and leave the tunnels of an agent to people", async () => {
    const { clock, asked, thumbnails } = asking(() => {});
    const waiting = Array.from({ length: 8 }, (_, at) => code(thumbnails.read(grant(String(at)))));
    expect(await code(thumbnails.read(grant("one more")))).toBe("SERVICE_UNAVAILABLE");
    const elsewhere = code(thumbnails.read(grant("elsewhere", "another agent")));
    expect(asked).toHaveLength(9);
    // Until each of them reads.
    await new Promise((resume) => setImmediate(resume));
    await clock.advance(5_000);
    expect(await Promise.all([...waiting, elsewhere])).toEqual(Array.from({ length: 9 }, () => "TUNNEL_FAILED"));
    thumbnails.read(grant("one more")).catch(() => {});
    expect(asked).toHaveLength(10);
  });
});
