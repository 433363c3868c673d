import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../server/trpc/app-router";
import { failureLink } from "./failure-link";

const refusal = new TRPCClientError<AppRouter>("Sign in first");
const refuse: TRPCLink<AppRouter> = () => () =>
  observable((observer) => {
    observer.error(refusal);
  });

describe("the link that sees failures", () => {
  it("tells of a call that no query or mutation hook made, and the caller hears of it too", async () => {
    const seen: unknown[] = [];
    const before = performance.now();
    const failures = failureLink((error, begunAt) => seen.push(error, begunAt >= before));
    const client = createTRPCClient<AppRouter>({ links: [failures, refuse] });
    await expect(client.sessions.openViewer.mutate({ id: "0191d1a0-0000-7000-8000-000000000001" })).rejects.toBe(refusal);
    expect(seen).toEqual([refusal, true]);
  });
});
