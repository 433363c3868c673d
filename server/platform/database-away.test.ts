import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BreakableDatabase } from "../testing/breakable-database";
import { startDoorKit } from "../testing/door-kit";
import { makeAsker } from "../testing/factories";
import { isDatabaseAway } from "./database-away";
import { Prisma } from "./db/generated/client";

type Kit = Awaited<ReturnType<typeof startDoorKit>>;
const way = new BreakableDatabase();
let kit: Kit;
let token: string;

beforeAll(async () => {
  await way.open();
  kit = await startDoorKit({ databaseThrough: way.through });
  token = await kit.tokenOf(await makeAsker(kit, "operator"));
});
afterAll(() => kit?.close());

const thrown = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );
const ask = (path: string) => fetch(`http://127.0.0.1:${kit.port}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe("while PostgreSQL is away", () => {
  it("says so for a statement under way, a transaction under way, and what is asked then", async () => {
    const statement = thrown(kit.database.$queryRaw`SELECT pg_sleep(30)::text`);
    let began = (): void => {};
    const inside = new Promise<void>((resolve) => {
      began = resolve;
    });
    const transaction = thrown(
      kit.database.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1`;
        began();
        await tx.$queryRaw`SELECT pg_sleep(30)::text`;
      }),
    );
    await inside;
    await way.cut();
    const refused = thrown(kit.database.user.count());
    for (const error of await Promise.all([statement, transaction, refused])) expect(error).toSatisfy(isDatabaseAway);

    const rest = await ask("/api/v1/sessions");
    expect([rest.status, rest.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await rest.json()).toMatchObject({ code: "SERVICE_UNAVAILABLE", message: expect.stringContaining("database") });
    const containers = await ask("/v1/agents/health");
    expect([containers.status, await containers.json()]).toEqual([503, expect.objectContaining({ error: "service_unavailable" })]);
    const trpc = await ask("/api/trpc/sessions.counts");
    expect(trpc.status).toBe(503);

    await way.mend();
    expect((await ask("/api/v1/sessions")).status).toBe(200);
  });

  it("takes no mistake of ours for that", async () => {
    expect(await thrown(kit.database.$queryRaw`SELECT nothing FROM nowhere`)).not.toSatisfy(isDatabaseAway);
    expect(isDatabaseAway(new Error("terminated"))).toBe(false);
    expect(isDatabaseAway(new Prisma.PrismaClientKnownRequestError("taken", { code: "P2002", clientVersion: "7" }))).toBe(false);
  });
});
