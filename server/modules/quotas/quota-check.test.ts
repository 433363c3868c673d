import { BerthError } from "@berth/protocol/errors";
import { describe, expect, it } from "vitest";
import { demandWithinQuota, effectiveLimits } from "./quota-check";

const GIB = 2 ** 30;
const none = { sessions: null, cpuMillicores: null, memoryBytes: null, storageBytes: null };
const nothing = { sessions: 0, cpuMillicores: 0, memoryBytes: 0, storageBytes: 0 };
const ask = { sessions: 1, cpuMillicores: 1000, memoryBytes: GIB, home: true } as const;

function refusal(...rest: [typeof nothing, Parameters<typeof effectiveLimits>[0]]): BerthError | null {
  try {
    demandWithinQuota("ada", ask, ...rest);
    return null;
  } catch (error) {
    if (error instanceof BerthError) return error;
    throw error;
  }
}

describe("a quota", () => {
  it("lets through what exactly fits, and refuses a millicore and a byte more", () => {
    const limits = { ...none, sessions: 2, cpuMillicores: 2000, memoryBytes: 2 * GIB };
    const used = { ...nothing, sessions: 1, cpuMillicores: 1000, memoryBytes: GIB };
    expect(refusal(used, limits)).toBeNull();
    expect(refusal({ ...used, cpuMillicores: 1001 }, limits)?.details?.quotas).toMatchObject([{ resource: "cpu" }]);
    expect(refusal({ ...used, memoryBytes: GIB + 1 }, limits)?.details?.quotas).toMatchObject([{ resource: "memory" }]);
  });

  it("says of all that is too much what is used, asked and allowed, and what to do", () => {
    const error = refusal(
      { sessions: 2, cpuMillicores: 1500, memoryBytes: GIB, storageBytes: 3 * GIB },
      { sessions: 2, cpuMillicores: 2000, memoryBytes: 8 * GIB, storageBytes: 2 * GIB },
    );
    expect(error).toMatchObject({
      code: "QUOTA_EXCEEDED",
      status: 409,
      message:
        "The quota of 'ada' has no room for this: 2 of 2 sessions are there already; 1.5 of 2 cores are used and 1 asked for; homes and snapshots take 3 of 2 GiB of storage. " +
        "To go on, end a session that isn't needed, hibernate or end another session or ask for less, delete a home or a snapshot that isn't needed, or ask an administrator for more",
      details: {
        user: "ada",
        quotas: [
          { resource: "sessions", unit: "sessions", used: 2, asked: 1, limit: 2 },
          { resource: "cpu", unit: "millicores", used: 1500, asked: 1000, limit: 2000 },
          { resource: "storage", unit: "bytes", used: 3 * GIB, asked: 0, limit: 2 * GIB },
        ],
      },
    });
  });

  it("that is used up refuses only what adds to it", () => {
    const over = { sessions: 9, cpuMillicores: 9000, memoryBytes: 9 * GIB, storageBytes: 9 * GIB };
    const zero = { sessions: 0, cpuMillicores: 0, memoryBytes: 0, storageBytes: 0 };
    expect(() => demandWithinQuota("ada", { sessions: 0, cpuMillicores: 0, memoryBytes: 0, home: false }, over, zero)).not.toThrow();
  });

  it("is a person's own before their role's, each limit by itself; one of nothing is a limit too", () => {
    const ofRole = { sessions: 5, cpuMillicores: 4000, memoryBytes: null, storageBytes: null };
    expect(effectiveLimits({ ...none, sessions: 0, memoryBytes: 7 }, ofRole)).toEqual({
      sessions: 0,
      cpuMillicores: 4000,
      memoryBytes: 7,
      storageBytes: null,
    });
    expect(effectiveLimits(none, null)).toEqual(none);
  });
});
