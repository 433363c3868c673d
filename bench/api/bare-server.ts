/**
 * What the same rows cost without Berth: a Node HTTP server with one SQL statement and `JSON.stringify`; no login, no policy, no limit, no schema.
 * Run as `bare-server.js DATABASE_URL`; prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
const rows = `SELECT s.*, to_jsonb(u) - 'passwordHash' AS owner, to_jsonb(t) AS template, to_jsonb(a) - 'keyFingerprint' AS agent, to_jsonb(h) AS home
  FROM "Session" s JOIN "User" u ON u.id = s."userId" JOIN "Template" t ON t.id = s."templateId"
  LEFT JOIN "Agent" a ON a.id = s."agentId" LEFT JOIN "Home" h ON h.id = s."homeId"`;

const server = createServer((request, response) => {
  const id = /^\/sessions\/([0-9a-f-]{36})$/.exec(request.url ?? "")?.[1];
  const asked = id ? pool.query(`${rows} WHERE s.id = $1`, [id]) : pool.query(`${rows} ORDER BY s."createdAt" DESC, s.id DESC LIMIT 50`);
  asked.then(
    (found) => response.setHeader("content-type", "application/json").end(JSON.stringify(id ? found.rows[0] : found.rows)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
