import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/test-database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("rows written through Prisma are read back with their types", async () => {
  const made = await database.prisma.user.create({ data: { username: "ada" } });
  const read = await database.prisma.user.findUniqueOrThrow({ where: { id: made.id } });
  expect(read).toMatchObject({ username: "ada", role: "user", active: true, accessEpoch: 0 });
  expect(read.createdAt).toBeInstanceOf(Date);
});

test("each test database is its own", async () => {
  const other = await testDatabase();
  await other.prisma.user.create({ data: { username: "ada" } }).finally(() => other.close());
  expect(await database.prisma.user.count()).toBe(1);
});

test("the rate limiter's table is there and unlogged", async () => {
  const rows = await database.prisma.$queryRaw`SELECT relpersistence::text AS kind FROM pg_class WHERE relname = 'rate_limits'`;
  expect(rows).toEqual([{ kind: "u" }]);
});
