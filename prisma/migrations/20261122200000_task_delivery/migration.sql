CREATE TYPE "TaskWay" AS ENUM ('channel', 'stream', 'heartbeat', 'poll');

ALTER TABLE "Task"
  ALTER COLUMN "agentId" DROP NOT NULL,
  ADD COLUMN "selector" JSONB,
  ADD COLUMN "priority" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "deliveredBy" "TaskWay",
  ADD COLUMN "offered" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "timeoutSeconds" INTEGER,
  ADD COLUMN "deadlineAt" TIMESTAMP(3),
  ADD COLUMN "retries" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "retried" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "pastAgentIds" UUID[] DEFAULT ARRAY[]::UUID[],
  ADD COLUMN "idempotencyKey" TEXT,
  ADD COLUMN "requestHash" TEXT,
  ADD COLUMN "logLines" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "credentialsWithheld" BOOLEAN NOT NULL DEFAULT false;

-- Those that were there are in their first run.
UPDATE "Task" SET "generation" = 1 WHERE "kind" LIKE 'docker.%' AND "generation" IS NULL;

CREATE UNIQUE INDEX "Task_createdById_idempotencyKey_key" ON "Task"("createdById", "idempotencyKey");
CREATE INDEX "Task_state_leaseExpiresAt_idx" ON "Task"("state", "leaseExpiresAt");
CREATE INDEX "Task_finishedAt_idx" ON "Task"("finishedAt");

CREATE TABLE "TaskLog" (
  "taskId" UUID NOT NULL,
  "number" INTEGER NOT NULL,
  "at" TIMESTAMP(3) NOT NULL,
  "level" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  CONSTRAINT "TaskLog_pkey" PRIMARY KEY ("taskId", "number")
);
ALTER TABLE "TaskLog" ADD CONSTRAINT "TaskLog_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "Task"("id") ON DELETE CASCADE ON UPDATE CASCADE;
