import type { StartSessionData } from "@berth/protocol/agent-commands";
import type { LogLine } from "@berth/protocol/tunnel";
import { describe, expect, it, vi } from "vitest";
import type { LogRequest, Operation, SessionDriver } from "./driver";

/** What the contract of drivers is asked with here. */
export interface LogContractParts {
  driver(): SessionDriver;
  /** An id whose session is ended after the test. */
  session(): string;
  start(sessionId: string): Promise<unknown>;
  wake(sessionId: string, overrides: Partial<StartSessionData>): Promise<unknown>;
  end(request: { sessionId: string; generation?: number }): Promise<unknown>;
  /** A program of the session prints this line to stdout. */
  print(sessionId: string, line: string): Promise<unknown>;
  operation(): Operation;
  /** The error that it rejects with. */
  codeOf(promise: Promise<unknown>): Promise<string>;
}

/** What every driver does with what sessions print. */
export function logContract({ driver, session, start, wake, end, print, operation, codeOf }: LogContractParts): void {
  describe("logs", () => {
    const never = new AbortController().signal;
    const read = async (sessionId: string, tail = 100, which: Pick<LogRequest, "since" | "stream"> = {}) => {
      const lines: LogLine[] = [];
      for await (const line of await driver().logs({ sessionId, tail, follow: false, ...which }, never)) lines.push(line);
      return lines;
    };
    const textsOf = (lines: readonly LogLine[]) => lines.map((line) => line.text);
    const printed = async (sessionId: string, ...lines: string[]) => {
      for (const line of lines) {
        await print(sessionId, line);
        await vi.waitFor(async () => expect(textsOf(await read(sessionId))).toContain(line), { timeout: 10_000 });
      }
    };

    it("gives as many lines from the end as are asked for, oldest first, each with its moment", async () => {
      const sessionId = session();
      await start(sessionId);
      await printed(sessionId, "first of three", "second \u001b[31mred", "third äß€");
      const lines = await read(sessionId, 2);
      expect(textsOf(lines)).toEqual(["second \u001b[31mred", "third äß€"]);
      for (const { at } of lines) expect(Math.abs(Date.now() - Date.parse(at ?? ""))).toBeLessThan(120_000);
      expect(await read(sessionId, 0)).toEqual([]);
    });

    it("follows what is printed until the container ends, and keeps it while the session hibernates", async () => {
      const sessionId = session();
      await start(sessionId);
      await printed(sessionId, "before");
      const lines = (await driver().logs({ sessionId, tail: 1, follow: true }, never))[Symbol.asyncIterator]();
      expect(await lines.next()).toMatchObject({ value: { text: "before" } });
      const next = lines.next();
      await print(sessionId, "after");
      expect(await next).toMatchObject({ value: { text: "after" } });
      await driver().hibernate({ sessionId, generation: 1, mode: "stop" }, operation());
      for (let rest = await lines.next(); !rest.done; rest = await lines.next());
      expect(textsOf(await read(sessionId))).toEqual(expect.arrayContaining(["before", "after"]));
    });

    it("stops following when it is told to", async () => {
      const sessionId = session();
      await start(sessionId);
      const over = new AbortController();
      const lines = (await driver().logs({ sessionId, tail: 0, follow: true }, over.signal))[Symbol.asyncIterator]();
      const next = lines.next();
      over.abort();
      expect(await next).toMatchObject({ done: true });
    });

    it("tells stdout from stderr, gives one alone, and nothing from before a moment", async () => {
      const sessionId = session();
      await start(sessionId);
      await printed(sessionId, "to stdout");
      const [line] = (await read(sessionId)).filter(({ text }) => text === "to stdout");
      expect(line?.stream).toBe("stdout");
      expect(textsOf(await read(sessionId, 100, { stream: "stderr" }))).not.toContain("to stdout");
      expect(textsOf(await read(sessionId, 100, { stream: "stdout" }))).toContain("to stdout");
      expect(textsOf(await read(sessionId, 100, { since: new Date(Date.parse(line?.at ?? "")) }))).toContain("to stdout");
      expect(await read(sessionId, 100, { since: new Date(Date.parse(line?.at ?? "") + 1000) })).toEqual([]);
    });

    it("keeps it when the container is gone and goes on with the next one's, until it is to be forgotten", async () => {
      const sessionId = session();
      await start(sessionId);
      await printed(sessionId, "of the first");
      await driver().hibernate({ sessionId, generation: 1, mode: "stop" }, operation());
      await wake(sessionId, { generation: 2 });
      await printed(sessionId, "of the second");
      const both = textsOf(await read(sessionId, 5000));
      const places = ["of the first", both.find((text) => text.startsWith("The container of start 1 ")) ?? "", "of the second"].map(
        (text) => both.lastIndexOf(text),
      );
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      expect(both.filter((text) => text.startsWith("of the "))).toHaveLength(2);
      expect(textsOf(await read(sessionId, 1))).toEqual(["of the second"]);
      await end({ sessionId, generation: 2 });
      const kept = await read(sessionId, 5000);
      expect(textsOf(kept)).toEqual(expect.arrayContaining(["of the first", "of the second"]));
      expect(kept.at(-1)).toMatchObject({ stream: "berth", text: expect.stringMatching(/^The container of start 2 /) });
      await driver().forgetLogs(sessionId);
      expect(await codeOf(read(sessionId))).toBe("SESSION_NOT_FOUND");
    });

    it("has none of a session that never was", async () => {
      expect(await codeOf(read(session()))).toBe("SESSION_NOT_FOUND");
    });
  });
}
