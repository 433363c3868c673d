import { TRPCClientError } from "@trpc/client";
import { expect, it } from "vitest";
import type { AppRouter } from "../../../server/trpc/app-router";
import { lacksRoom } from "./lacks-room";

const refusal = (berthCode: string) => TRPCClientError.from<AppRouter>({ error: { message: "No", code: -32603, data: { berthCode } } });

it.each([
  ["AGENT_CAPACITY_EXCEEDED", true],
  ["NO_AGENTS_AVAILABLE", true],
  ["QUOTA_EXCEEDED", false],
  ["TEMPLATE_NOT_FOUND", false],
])("a refusal by %s can be waited out: %s", (code, waits) => {
  expect(lacksRoom(refusal(code))).toBe(waits);
});

it("what was no refusal can't", () => {
  expect(lacksRoom(new Error("broken"))).toBe(false);
});
