import { test as base } from "@playwright/test";
import { z } from "zod";
import { api } from "./api";
import { stackUrl } from "./people";

const idsAnswer = z.object({ sessions: z.array(z.object({ id: z.string() })) });

/** A journey that failed did not come to its end, where it ends its sessions: they would take the cores of those after it. */
export const test = base.extend<{ failedSessionsEnd: undefined }>({
  failedSessionsEnd: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures one needs from its pattern.
    async ({}, use, info) => {
      await use(undefined);
      if (info.status === info.expectedStatus) return;
      const berth = api(stackUrl());
      const { sessions } = idsAnswer.parse(await berth.call("GET", "/sessions?limit=100"));
      await Promise.allSettled(sessions.map(({ id }) => berth.call("DELETE", `/sessions/${id}`)));
    },
    { auto: true },
  ],
});
