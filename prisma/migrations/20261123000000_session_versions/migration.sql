-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "image" TEXT;

-- CreateTable
CREATE TABLE "SessionUpdate" (
    "id" UUID NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "sessionId" UUID NOT NULL,
    "openSessionId" UUID,
    "status" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "progress" DOUBLE PRECISION,
    "fromImage" TEXT NOT NULL,
    "fromOwnImage" TEXT,
    "fromTemplateVersion" INTEGER NOT NULL,
    "toImage" TEXT NOT NULL,
    "toOwnImage" TEXT,
    "toTemplateVersion" INTEGER NOT NULL,
    "fromImageId" TEXT,
    "toImageId" TEXT,
    "pullTaskId" UUID,
    "pulledAt" TIMESTAMP(3),
    "generation" INTEGER,
    "healthySince" TIMESTAMP(3),
    "giveUpAt" TIMESTAMP(3),
    "reason" TEXT,
    "requestedById" UUID,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "SessionUpdate_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "SessionUpdate_number_key" ON "SessionUpdate"("number");

-- CreateIndex
CREATE UNIQUE INDEX "SessionUpdate_openSessionId_key" ON "SessionUpdate"("openSessionId");

-- CreateIndex
CREATE INDEX "SessionUpdate_sessionId_number_idx" ON "SessionUpdate"("sessionId", "number");

-- AddForeignKey
ALTER TABLE "SessionUpdate" ADD CONSTRAINT "SessionUpdate_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
