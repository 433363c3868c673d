-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "snapshotId" UUID;

-- CreateTable
CREATE TABLE "Snapshot" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "agentId" UUID NOT NULL,
    "sessionId" UUID NOT NULL,
    "sessionName" TEXT NOT NULL,
    "templateId" UUID NOT NULL,
    "include" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "taskId" UUID,
    "sizeBytes" BIGINT,
    "imageBytes" BIGINT,
    "consistent" BOOLEAN,
    "problem" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "readyAt" TIMESTAMP(3),
    "expiresAt" TIMESTAMP(3),

    CONSTRAINT "Snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Snapshot_userId_createdAt_idx" ON "Snapshot"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "Snapshot_sessionId_idx" ON "Snapshot"("sessionId");

-- CreateIndex
CREATE INDEX "Snapshot_agentId_idx" ON "Snapshot"("agentId");

-- CreateIndex
CREATE INDEX "Snapshot_expiresAt_idx" ON "Snapshot"("expiresAt");

-- CreateIndex
CREATE INDEX "Session_snapshotId_idx" ON "Session"("snapshotId");

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "Snapshot"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_templateId_fkey" FOREIGN KEY ("templateId") REFERENCES "Template"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
