import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createLog } from "../platform/log";
import { TestClock } from "../testing/test-clock";
import { type TaskStreamHandler, TaskStreams } from "./task-streams";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const agent = { agentId: "5a0c1f6e-9a0f-4d53-8a5e-0b5f0c6f8a11", name: "host-a" };
const cancelled = { type: "task_cancelled", taskId: "770e8400-e29b-41d4-a716-446655440002" } as const;

/** Streams whose opening is done when the test says so. */
async function streams() {
  const opening: PromiseWithResolvers[] = [];
  const opened: string[] = [];
  const handler: TaskStreamHandler = {
    authenticate: async () => agent,
    opening: () =>
      new Promise((resolve, reject) => {
        opening.push({ resolve, reject });
      }),
    opened: async ({ name }) => void opened.push(name),
    received: async () => {},
  };
  const all = new TaskStreams({ handler, clock: new TestClock(), log: createLog("silent") });
  const server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (request, socket, head) => void all.upgrade(request, socket, head, agent.name));
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  ends.push(() => {
    all.close();
    server.close();
    server.closeAllConnections();
  });
  const open = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(data.toString()));
    ends.push(() => socket.terminate());
    await once(socket, "open");
    return { socket, heard };
  };
  return { all, opening, opened, open };
}
interface PromiseWithResolvers {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

describe("a task stream", () => {
  it.each(["resolve", "reject"] as const)(
    "is sent nothing before what an earlier one was sent is due again, or could not be (%s)",
    async (how) => {
      const { all, opening, opened, open } = await streams();
      const { heard } = await open();
      expect([all.isOpen(agent.agentId), all.send(agent.agentId, cancelled), opened]).toEqual([false, false, []]);
      opening[0]?.[how](new Error("the database is away"));
      await vi.waitFor(() => expect(opened).toEqual([agent.name]));
      expect([all.isOpen(agent.agentId), all.send(agent.agentId, cancelled)]).toEqual([true, true]);
      await vi.waitFor(() => expect(heard).toEqual([JSON.stringify(cancelled)]));
    },
  );

  it("that was replaced while it opened is not sent to when it has", async () => {
    const { all, opening, open } = await streams();
    const first = await open();
    const closed = once(first.socket, "close");
    const second = await open();
    expect((await closed)[0]).toBe(4000);
    opening[0]?.resolve();
    opening[1]?.resolve();
    await vi.waitFor(() => expect(all.send(agent.agentId, cancelled)).toBe(true));
    await vi.waitFor(() => expect(second.heard).toHaveLength(1));
    expect(first.heard).toEqual([]);
  });
});
