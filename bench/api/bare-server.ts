/**
 * What the same answers cost without Berth: a Node HTTP server with one SQL statement, a function that names the fields, and `JSON.stringify`;
 * no login, no policy, no limit, no schema. Run as `bare-server.js DATABASE_URL`; prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
const columns = `s.id, s.name, u.username AS "user", t.name AS template, t."displayName" AS template_display_name, s."templateVersion" AS template_version,
  t.icon, s.platform, a.name AS agent_id, s.desired AS state, s.observed, s."memoryBytes" AS memory, s."cpuMillicores" AS cpu, s."persistentHome" AS persistent_home,
  s."homeId" AS home_id, s."idleTimeoutSeconds" AS idle_timeout, s.tags, v.display, v.security, s."hibernateMode" AS hibernate_mode, s."hibernateModes" AS hibernate_modes,
  s."failureMessage" AS message, s."failureCode" AS code, s."podIp" AS pod_ip, s."podName" AS pod_name, s."containerId" AS container_id, s."startedAt" AS started_at,
  h.health, h.reason, h.since, s."createdAt" AS created_at, s."updatedAt" AS updated_at, s."lastActivityAt" AS last_activity_at, a."lastHeartbeatAt" AS heartbeat_at`;
const ofOne = `, s.placement, s.policy, v.policy AS policy_ceiling, v."accessParameters" AS access_parameters, m.volume`;
const from = `FROM "Session" s JOIN "User" u ON u.id = s."userId" JOIN "Template" t ON t.id = s."templateId"
  JOIN "TemplateVersion" v ON v."templateId" = s."templateId" AND v.version = s."templateVersion"
  LEFT JOIN "Agent" a ON a.id = s."agentId" LEFT JOIN "SessionHealth" h ON h."sessionId" = s.id LEFT JOIN "Home" m ON m.id = s."homeId"`;

function named(row: Record<string, unknown>) {
  const { observed, memory, cpu, message, code, pod_ip, pod_name, container_id, started_at, health, reason, since, heartbeat_at, ...rest } =
    row;
  return {
    ...rest,
    namespace: "berth",
    resources: { memory, cpu },
    status: {
      phase: observed,
      message,
      code,
      pod_ip,
      pod_name,
      container_id,
      vnc_url: heartbeat_at && `/vnc-viewer/${rest.id}`,
      started_at,
      progress: null,
      queue: null,
    },
    health: { status: health, reason, since },
    last_activity: rest.last_activity_at,
    thumbnail: false,
  };
}

async function page() {
  const [{ rows }, { rows: counted }] = await Promise.all([
    pool.query({ name: "page", text: `SELECT ${columns} ${from} ORDER BY s."createdAt" DESC, s.id DESC LIMIT 51` }),
    pool.query({ name: "count", text: `SELECT count(*) AS total FROM (SELECT FROM "Session" LIMIT 10001) s` }),
  ]);
  return {
    sessions: rows.slice(0, 50).map(named),
    pagination: { page: 1, limit: 50, total: counted[0]?.total, next_cursor: rows[49]?.id },
  };
}

async function one(id: string) {
  const { rows } = await pool.query({ name: "one", text: `SELECT ${columns}${ofOne} ${from} WHERE s.id = $1`, values: [id] });
  return rows[0] && named(rows[0]);
}

const server = createServer((request, response) => {
  const id = /^\/sessions\/([0-9a-f-]{36})$/.exec(request.url ?? "")?.[1];
  (id ? one(id) : page()).then(
    (found) => response.setHeader("content-type", "application/json").end(JSON.stringify(found)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
