/** A database with as much in it as a large installation has, and its rows changing as they would there. */
import pg from "pg";
import { fillDatabase } from "../../e2e/contact-sheet/fill-database";
import { reachDatabase } from "../../server/platform/db/reach-database";
import { createLog } from "../../server/platform/log";

export const SESSIONS = 1_000;
export const AGENTS = 100;
const OTHERS = 300;
const HEARTBEAT_MS = 5_000;
/** Changes go to the newest sessions: those that the first page of the list shows. */
const CHANGING = 40;

interface Changing {
  readonly id: string;
  readonly userId: string;
  readonly agentId: string;
}

export class FullHouse {
  private beat: NodeJS.Timeout | undefined;

  private constructor(
    /** Of its database. */
    readonly url: string,
    private readonly database: pg.Client,
  ) {}

  /** Fills the database of a control plane that runs, and lets the agents in it go on to be heard of. */
  static async fill(dataDir: string, { sessions = SESSIONS, agents = AGENTS } = {}): Promise<FullHouse> {
    const { url } = await reachDatabase({ databaseUrl: null, dataDir }, createLog("silent"));
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    await fillDatabase(database, { agents, sessions, others: OTHERS });
    await database.query("VACUUM ANALYZE");
    const house = new FullHouse(url, database);
    house.beat = setInterval(() => void house.heartbeats(), HEARTBEAT_MS);
    return house;
  }

  async oneSession(): Promise<string> {
    const { rows } = await this.database.query<{ id: string }>(`SELECT id FROM "Session" WHERE desired = 'running' LIMIT 1`);
    if (!rows[0]) throw new Error("there is no session");
    return rows[0].id;
  }

  /** The newest first. */
  async sessionIds(count: number): Promise<string[]> {
    const { rows } = await this.database.query<{ id: string }>(`SELECT id FROM "Session" ORDER BY "createdAt" DESC LIMIT $1`, [count]);
    return rows.map(({ id }) => id);
  }

  async oneUser(): Promise<string> {
    const { rows } = await this.database.query<{ id: string }>(`SELECT id FROM "User" WHERE username = 'person-1'`);
    if (!rows[0]) throw new Error("there is no user");
    return rows[0].id;
  }

  async oneTask(): Promise<string> {
    const { rows } = await this.database.query<{ id: string }>(`SELECT id FROM "Task" WHERE "sessionId" IS NULL LIMIT 1`);
    if (!rows[0]) throw new Error("there is no task");
    return rows[0].id;
  }

  /** Writes `perSecond` changes of sessions for `ms` and tells the bus of each, and `told` before. Returns how many were written. */
  async change(perSecond: number, ms: number, told: (sessionId: string) => void = () => {}): Promise<number> {
    const { rows } = await this.database.query<Changing>(
      `SELECT id, "userId", "agentId" FROM "Session" WHERE desired <> 'terminated' AND "agentId" IN (SELECT id FROM "Agent" WHERE name <> 'local')
       ORDER BY "createdAt" DESC LIMIT ${CHANGING}`,
    );
    const begin = performance.now();
    let written = 0;
    while (performance.now() - begin < ms) {
      const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
      for (; written < due; written += 1) {
        const row = rows[written % rows.length];
        // Another state than it had in the round before.
        if (row) told(row.id);
        if (row) await this.changeOne(row, (written + Math.floor(written / rows.length)) % 2 === 0);
      }
      await new Promise((resume) => setTimeout(resume, 1000 / perSecond));
    }
    return written;
  }

  /** Its sessions stay as they are: what would end them is an agent made of memory. */
  async leave(): Promise<void> {
    clearInterval(this.beat);
    await this.database.end();
  }

  private async changeOne({ id, userId, agentId }: Changing, asleep: boolean): Promise<void> {
    await this.database.query(
      `UPDATE "Session" SET desired = $2::"SessionDesired", observed = $3::"SessionObserved", "updatedAt" = now() WHERE id = $1`,
      [id, asleep ? "hibernated" : "running", asleep ? "stopped" : "running"],
    );
    await this.database.query("SELECT pg_notify('berth_bus', $1)", [JSON.stringify({ kind: "session", sessionId: id, userId, agentId })]);
  }

  private async heartbeats(): Promise<void> {
    await this.database.query(`UPDATE "Agent" SET "lastHeartbeatAt" = now() WHERE "connectionId" = 'seeded'`).catch(() => {});
  }
}
