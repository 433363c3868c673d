ALTER TABLE "TemplateVersion" ADD COLUMN "policy" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "Session" ADD COLUMN "policy" JSONB;
ALTER TABLE "AccessTicket" ADD COLUMN "shareId" UUID, ADD COLUMN "note" TEXT;

CREATE TABLE "SessionShare" (
    "id" UUID NOT NULL,
    "sessionId" UUID NOT NULL,
    "mode" TEXT NOT NULL,
    "userId" UUID,
    "tokenHash" TEXT,
    "label" TEXT NOT NULL DEFAULT '',
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3),
    "lastUsedAt" TIMESTAMP(3),

    CONSTRAINT "SessionShare_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "SessionShare_tokenHash_key" ON "SessionShare"("tokenHash");
CREATE UNIQUE INDEX "SessionShare_sessionId_userId_key" ON "SessionShare"("sessionId", "userId");
CREATE INDEX "SessionShare_userId_idx" ON "SessionShare"("userId");
ALTER TABLE "SessionShare" ADD CONSTRAINT "SessionShare_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SessionShare" ADD CONSTRAINT "SessionShare_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
