import type { Client } from "pg";

export interface HowMuch {
  readonly agents: number;
  readonly sessions: number;
  /** Of everything else. */
  readonly others: number;
}

/**
 * Many rows of everything, in every phase, with names as long as people give them. Written as rows, not by the API: it takes a
 * second, and states that pass quickly stay to be looked at.
 */
export async function fillDatabase(database: Client, much: HowMuch = { agents: 200, sessions: 200, others: 200 }): Promise<void> {
  for (const statement of statements(much)) await database.query(statement);
}

const statements = ({ agents, sessions, others }: HowMuch) => [
  `INSERT INTO "User" (id, username, email, role, active, "updatedAt", "lastLoginAt", "createdAt")
   SELECT gen_random_uuid(), CASE WHEN n % 40 = 0 THEN 'a-person-with-a-very-long-name-of-sixty-characters-and-more-' || n ELSE 'person-' || n END,
     'person-' || n || '@example.net', (ARRAY['user','user','user','operator','admin'])[1 + n % 5]::"UserRole", n % 9 <> 0,
     now(), CASE WHEN n % 4 = 0 THEN NULL ELSE now() - n * interval '3 hours' END, now() - n * interval '1 day'
   FROM generate_series(1, ${others}) n`,
  `INSERT INTO "Agent" (id, name, platform, region, version, "maxCpu", "maxMemory", "maxSessions", draining, "keyFingerprint", "connectionId",
     "connectedAt", "lastHeartbeatAt", "disconnectedAt", "disconnectReason", "degradedReason", "resourceUsage", "approvedAt", "updatedAt")
   SELECT gen_random_uuid(), CASE WHEN n % 50 = 0 THEN 'rack-17-row-4-a-machine-with-a-name-that-somebody-thought-was-a-good-idea-' || n ELSE 'host-' || n END,
     'docker', (ARRAY['eu-west','eu-north','us-east',NULL])[1 + n % 4], '0.1.0', 16, 64, 40, n % 11 = 0, md5('one' || n) || md5('two' || n),
     CASE WHEN n % 7 = 0 THEN NULL ELSE 'seeded' END, now() - interval '2 days', now(),
     CASE WHEN n % 7 = 0 THEN now() - n * interval '1 minute' END, CASE WHEN n % 7 = 0 THEN 'the connection was closed' END,
     CASE WHEN n % 13 = 0 THEN 'The container engine at unix:///var/run/docker.sock has not answered since 09:12:44 UTC' END,
     '{"cpu": 42.5, "memory": 61, "disk": 70}', now() - interval '3 days', now()
   FROM generate_series(1, ${agents}) n`,
  `INSERT INTO "Template" (id, name, "displayName", category, description, tags, tried, "updatedAt")
   SELECT gen_random_uuid(), 'template-' || n,
     CASE WHEN n % 30 = 0 THEN 'An environment for everything that the department of long names has asked for, number ' || n ELSE 'Environment ' || n END,
     (ARRAY['Desktops','Browsers','Development','Data science'])[1 + n % 4], repeat('What it is for, in words. ', 1 + n % 6), ARRAY['seeded'], n % 3 = 0, now()
   FROM generate_series(1, ${others - 10}) n`,
  `INSERT INTO "TemplateVersion" (id, "templateId", version, image, display, security, "memoryBytes", "cpuMillicores")
   SELECT gen_random_uuid(), t.id, 1, 'registry.example.net/department/' || t.name || ':1', v.display, 'strict', 2147483648, 1000
   FROM "Template" t, (SELECT display FROM "TemplateVersion" LIMIT 1) v WHERE t.tags = ARRAY['seeded']`,
  `INSERT INTO "Home" (id, "userId", "agentId", volume, name, "sizeBytes", "sizeMeasuredAt", "lastUsedAt")
   SELECT gen_random_uuid(), u.id, (SELECT id FROM "Agent" WHERE name = 'host-' || n), 'berth-home-' || gen_random_uuid(), 'home-' || n,
     CASE WHEN n % 3 = 0 THEN NULL ELSE n * 31457280::bigint END, CASE WHEN n % 3 = 0 THEN NULL ELSE now() END, now() - n * interval '2 hours'
   FROM generate_series(1, ${others}) n, "User" u WHERE u.username = 'admin' AND n % 50 <> 0 AND n <= ${agents}`,
  `INSERT INTO "Session" (id, name, "userId", "templateId", "templateVersion", "agentId", platform, desired, observed, generation, "hibernateMode",
     "hibernateModes", "memoryBytes", "cpuMillicores", "persistentHome", "idleTimeoutSeconds", tags, "failureCode", "failureMessage", "startedAt",
     "lastActivityAt", "createdAt", "updatedAt")
   SELECT gen_random_uuid(), CASE WHEN n % 25 = 0 THEN 'the-session-in-which-the-quarterly-figures-are-kept-until-the-auditors-come-' || n ELSE 'session-' || n END,
     u.id, t.id, 1, a.id, 'docker', (ARRAY['running','running','hibernated','terminated','running','terminated','terminated'])[1 + n % 7]::"SessionDesired",
     (ARRAY['running','starting','stopped','removed','absent','running','failed'])[1 + n % 7]::"SessionObserved", 1, 'stop', ARRAY['stop','freeze'],
     2147483648, 1000, n % 2 = 0, 1800, CASE WHEN n % 3 = 0 THEN ARRAY['demo','quarterly'] ELSE ARRAY[]::text[] END,
     CASE WHEN n % 7 = 6 THEN 'IMAGE_NOT_FOUND' END,
     CASE WHEN n % 7 = 6 THEN 'Image registry.example.net/department/tool:9 was not found: check its name and tag in the template' END,
     now() - n * interval '7 minutes', now() - n % 20 * interval '1 minute', now() - n * interval '8 minutes', now() - n * interval '1 minute'
   FROM generate_series(1, ${sessions}) n
   JOIN "User" u ON u.username = CASE WHEN n % 2 = 0 THEN 'admin' ELSE 'person-' || (1 + n % 30) END
   JOIN "Template" t ON t.name = CASE WHEN n % 2 = 0 THEN 'terminal-desktop' ELSE 'firefox-browser' END
   JOIN "Agent" a ON a.name = 'host-' || (1 + n % ${Math.min(agents, 49)})`,
  `INSERT INTO "Task" (id, kind, "agentId", "sessionId", generation, payload, state, attempts, progress, "progressMessage", "errorCode", "errorMessage",
     "createdAt", "finishedAt", "updatedAt")
   SELECT gen_random_uuid(), (ARRAY['session.start','session.hibernate','session.stop'])[1 + row_number() OVER () % 3], s."agentId", s.id, 1, '{}',
     (ARRAY['completed','failed','completed','acknowledged'])[1 + row_number() OVER () % 4]::"TaskState", 1,
     CASE WHEN row_number() OVER () % 4 = 3 THEN 40 END, CASE WHEN row_number() OVER () % 4 = 3 THEN 'Pulling the image: 3 of 7 layers' END,
     CASE WHEN row_number() OVER () % 4 = 1 THEN 'DISK_FULL' END,
     CASE WHEN row_number() OVER () % 4 = 1 THEN 'The disk that holds /var/lib/docker is full: free space there and start the session again' END,
     s."createdAt", CASE WHEN row_number() OVER () % 4 <> 3 THEN s."createdAt" + interval '2 seconds' END, now()
   FROM "Session" s`,
  `INSERT INTO "Task" (id, kind, "agentId", generation, payload, selector, state, attempts, priority, progress, "progressMessage", "errorCode", "errorMessage",
     result, "timeoutSeconds", "deliveredBy", "sentAt", "acknowledgedAt", "cancelAskedAt", "finishedAt", "createdAt", "updatedAt", "logLines", "leaseExpiresAt")
   SELECT gen_random_uuid(), t.kind, CASE WHEN t.state = 'queued' THEN NULL ELSE a.id END, 1 + t.priority / 10, t.payload::jsonb,
     CASE WHEN t.state = 'queued' THEN '{"labels": {"gpu": "yes", "zone": "eu-west-1a"}, "capabilities": ["docker"]}'::jsonb END,
     t.state::"TaskState", CASE WHEN t.state = 'queued' THEN 0 ELSE 1 + t.priority / 10 END, t.priority, t.progress, t.words, t.code, t.problem, t.result::jsonb, 300,
     CASE WHEN t.state = 'queued' THEN NULL ELSE 'channel'::"TaskWay" END, CASE WHEN t.state <> 'queued' THEN now() - interval '41 seconds' END,
     CASE WHEN t.state <> 'queued' THEN now() - interval '40.6 seconds' END, CASE WHEN t.state = 'cancelled' THEN now() - interval '9 seconds' END,
     CASE WHEN t.state IN ('completed', 'failed', 'cancelled') THEN now() - interval '8 seconds' END, now() - interval '42 seconds', now(), 4, now() + interval '1 day'
   FROM "Agent" a, (VALUES
     ('docker.pull', 'acknowledged', 0, 62.0::float, 'Pulling image registry.example.net/team/app:v2: 181 of 292 MiB', NULL, NULL, NULL, '{"image": "registry.example.net/team/app", "tag": "v2"}'),
     ('docker.pull', 'failed', 10, NULL, NULL, 'IMAGE_PULL_DENIED', 'Registry registry.example.net refuses image team/app:v2: give a user name and password that may read it', NULL,
       '{"image": "registry.example.net/team/app", "tag": "v2"}'),
     ('docker.run', 'completed', 20, 100.0, 'Container app was started', NULL, NULL,
       '{"containerId": "4f9c1de0a7b24f9c1de0a7b24f9c1de0a7b24f9c1de0a7b24f9c1de0a7b24f9c", "imageId": "sha256:9d1e0a7b24f9c1de0a7b24f9c1de0a7b24f9c1de0a7b24f9c1de0a7b24f9c1de0", "made": true}',
       '{"image": "registry.example.net/team/app", "tag": "v2", "name": "app", "command": ["node", "--enable-source-maps", "server.js"], "env": {"NODE_ENV": "x", "DATABASE_URL": "x"},
         "ports": [{"host": 8080, "container": 80, "protocol": "tcp"}], "labels": {"team": "figures"}, "memory": "512Mi", "cpu": "1", "pidsLimit": 256, "restart": "unless-stopped",
         "volumes": [{"name": "app-data", "path": "/var/lib/app", "readOnly": false}, {"name": "app-config", "path": "/config", "readOnly": true}]}'),
     ('docker.run', 'queued', 0, NULL, NULL, NULL, NULL, NULL, '{"image": "registry.example.net/team/trainer", "name": "trainer", "memory": "8Gi", "cpu": "4"}'),
     ('docker.logs', 'completed', 0, NULL, NULL, NULL, NULL, '{"lines": [{"at": null, "text": "listening on 0.0.0.0:80"}, {"at": null, "text": "GET / 200 in 3 ms"}], "cut": true}', '{"name": "app", "tail": 200}'),
     ('docker.stop', 'cancelled', -10, NULL, NULL, 'COMMAND_CANCELLED', 'Cancelled by force: what the agent had done of it by then is not known', NULL, '{"name": "app", "graceSeconds": 600}')
   ) AS t (kind, state, priority, progress, words, code, problem, result, payload) WHERE a.name = 'host-1'`,
  `INSERT INTO "TaskLog" ("taskId", number, at, level, message)
   SELECT t.id, l.n, t."createdAt" + l.n * interval '1 second', l.level, l.message FROM "Task" t,
     (VALUES (1, 'info', 'Pulling image registry.example.net/team/app:v2'), (2, 'debug', '7 layers, 292 MiB'), (3, 'warn', 'Layer 3 was cut off and is read again'),
       (4, 'info', 'Layer 7 of 7 is there')) AS l (n, level, message)
   WHERE t.kind LIKE 'docker.%' AND t.state <> 'queued'`,
  `INSERT INTO "SessionEvent" ("sessionId", at, kind, message)
   SELECT s.id, s."createdAt" + e.ms * interval '1 millisecond', e.kind, e.message FROM "Session" s,
     (VALUES (0, 'requested', 'Asked for'), (40, 'command_sent', 'The command was sent to its agent'), (90, 'container_created', 'The container was created'),
       (420, 'container_started', 'The container was started')) AS e (ms, kind, message)`,
  `INSERT INTO "AuditEntry" (at, "actorKind", "actorId", "actorName", action, "targetKind", "targetId", details, address)
   SELECT s."createdAt", 'user', u.id, u.username, 'sessions.create', 'session', s.id, jsonb_build_object('name', s.name), '203.0.113.9'
   FROM "Session" s JOIN "User" u ON u.id = s."userId"`,
  `UPDATE "Agent" SET "drainStartedAt" = now() - interval '12 minutes', "drainSessions" = 32 WHERE draining`,
  `INSERT INTO "AgentUsage" ("agentId", at, cpu, memory, disk, sessions)
   SELECT a.id, date_trunc('minute', now()) - n * interval '1 minute', 40 + 30 * sin(n / 40.0) + 8 * random(), 55 + 10 * sin(n / 200.0),
     CASE WHEN a.name = 'host-1' THEN 61 + n / 200.0 END, 3 + (n / 97) % 9
   FROM "Agent" a, generate_series(0, 1439) n WHERE a.name IN ('host-1', 'host-11') AND n NOT BETWEEN 150 AND 190`,
  `INSERT INTO "Orphan" ("agentId", "containerId", "sessionId", generation, name, image, observed)
   SELECT a.id, md5(n::text) || md5('x' || n),
     CASE WHEN n = 1 THEN (SELECT id::text FROM "Session" WHERE desired = 'terminated' LIMIT 1) ELSE gen_random_uuid()::text END, 1,
     CASE WHEN n = 3 THEN 'berth-a-container-with-a-very-long-name-that-somebody-else-must-have-made-' || n ELSE 'berth-lost-' || n END,
     'berth/terminal-desktop:1', 'running'
   FROM "Agent" a, generate_series(1, 3) n WHERE a.name = 'host-1'`,
];

/** The heartbeats of the agents that nobody runs: without them they are offline half a minute later. */
export const heartbeats = `UPDATE "Agent" SET "lastHeartbeatAt" = now() WHERE "connectionId" = 'seeded'`;

/** The tables behind what pages list; people stay readable, so that somebody is signed in. */
export const listedTables = ["Session", "Agent", "Template", "Home", "Task", "AuditEntry"] as const;
