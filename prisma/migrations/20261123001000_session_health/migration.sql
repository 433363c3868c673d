-- AlterTable
ALTER TABLE "TemplateVersion" ADD COLUMN     "health" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "SessionHealth" (
    "sessionId" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "health" TEXT NOT NULL,
    "reason" TEXT,
    "since" TIMESTAMP(3) NOT NULL,
    "probes" JSONB NOT NULL DEFAULT '[]',
    "restarts" TIMESTAMP(3)[] DEFAULT ARRAY[]::TIMESTAMP(3)[],
    "restartGeneration" INTEGER,
    "restartAt" TIMESTAMP(3),
    "gaveUpAt" TIMESTAMP(3),

    CONSTRAINT "SessionHealth_pkey" PRIMARY KEY ("sessionId")
);

-- CreateIndex
CREATE INDEX "SessionHealth_restartAt_idx" ON "SessionHealth"("restartAt");

-- AddForeignKey
ALTER TABLE "SessionHealth" ADD CONSTRAINT "SessionHealth_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
