ALTER TABLE "Agent" ADD COLUMN "drainStartedAt" TIMESTAMP(3), ADD COLUMN "drainSessions" INTEGER;

CREATE TABLE "AgentUsage" (
    "agentId" UUID NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "cpu" DOUBLE PRECISION NOT NULL,
    "memory" DOUBLE PRECISION NOT NULL,
    "disk" DOUBLE PRECISION,
    "sessions" INTEGER NOT NULL,

    CONSTRAINT "AgentUsage_pkey" PRIMARY KEY ("agentId","at")
);
CREATE INDEX "AgentUsage_at_idx" ON "AgentUsage"("at");
ALTER TABLE "AgentUsage" ADD CONSTRAINT "AgentUsage_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent"("id") ON DELETE CASCADE ON UPDATE CASCADE;
