/** What the database says of the fleet, and what was told of it: read beside the control plane, so that it is not its own witness. */
import type pg from "pg";
import { z } from "zod";
import type { FleetHouse } from "./house";

const presenceSchema = z.object({
  connected: z.number(),
  back: z.number(),
  longestSilence: z.number().nullable(),
});
export type Presence = z.infer<typeof presenceSchema>;

const flapSchema = z.object({ name: z.string(), told: z.array(z.string()) });
/** An agent, and what was told of it in the order in which it was told. */
export type Told = z.infer<typeof flapSchema>;

export class Watch {
  private client: pg.Client | null = null;

  private constructor(private readonly house: FleetHouse) {}

  /** From here on each word about an agent's presence is kept. */
  static async begin(house: FleetHouse): Promise<Watch> {
    const watch = new Watch(house);
    await watch.query(`CREATE TABLE bench_told (id bigserial PRIMARY KEY, "agentId" uuid, status text);
      CREATE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO bench_told ("agentId", status) VALUES (NEW.id, NEW."toldStatus"); RETURN NULL; END $$;
      CREATE TRIGGER bench_told AFTER UPDATE OF "toldStatus" ON "Agent" FOR EACH ROW EXECUTE FUNCTION bench_tell()`);
    return watch;
  }

  /** Since `since` (of the database's clock): `back`. Null while the database is away. */
  async presence(since: Date): Promise<Presence | null> {
    const rows = await this.query(
      `SELECT count(*) FILTER (WHERE "connectionId" IS NOT NULL)::int AS connected,
         count(*) FILTER (WHERE "connectionId" IS NOT NULL AND "connectedAt" >= $1::text::timestamptz AT TIME ZONE 'UTC')::int AS back,
         max(extract(epoch FROM now() AT TIME ZONE 'UTC' - greatest("lastHeartbeatAt", "connectedAt"))) FILTER (WHERE "connectionId" IS NOT NULL)::float8
           AS "longestSilence"
       FROM "Agent" WHERE name LIKE 'fleet-%'`,
      [since.toISOString()],
    ).catch(() => null);
    return rows && presenceSchema.parse(rows[0]);
  }

  /** Rows of agents that were written so far, once the database has counted them. */
  async written(): Promise<number> {
    const [row] = await this.query(`SELECT n_tup_upd::float8 AS n FROM pg_stat_user_tables WHERE relname = 'Agent'`);
    return z.object({ n: z.number() }).parse(row).n;
  }

  async forgetTold(): Promise<void> {
    await this.query("TRUNCATE bench_told");
  }

  async told(): Promise<Told[]> {
    const rows = await this.query(
      `SELECT a.name, array_agg(t.status ORDER BY t.id) AS told FROM bench_told t JOIN "Agent" a ON a.id = t."agentId" GROUP BY 1 ORDER BY 1`,
    );
    return z.array(flapSchema).parse(rows);
  }

  async end(): Promise<void> {
    await this.client?.end().catch(() => {});
    this.client = null;
  }

  private async query(text: string, values: readonly string[] = []): Promise<unknown[]> {
    try {
      this.client ??= await this.house.database();
      const { rows } = await this.client.query<Record<string, unknown>>(text, [...values]);
      return rows;
    } catch (error) {
      await this.end();
      throw error;
    }
  }
}
