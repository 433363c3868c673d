import { expect, it } from "vitest";
import { testDatabase } from "../../testing/test-database";
import { connectDatabase } from "./prisma-client";

it("a statement that waits for a table that is held fails, and leaves its connection to others", async () => {
  const database = await testDatabase();
  const waiter = connectDatabase(database.url, { statementTimeoutMs: 300 });
  try {
    const meanwhile = async () => {
      await expect(waiter.session.count()).rejects.toThrow(/statement timeout/);
      expect(await waiter.agent.count()).toBe(0);
    };
    await database.prisma.$transaction(
      async (holder) => {
        await holder.$executeRawUnsafe('LOCK TABLE "Session" IN ACCESS EXCLUSIVE MODE');
        await meanwhile();
      },
      { timeout: 30_000 },
    );
    expect(await waiter.session.count()).toBe(0);
  } finally {
    await waiter.$disconnect();
    await database.close();
  }
});
