ALTER TABLE "TemplateVersion" ADD COLUMN "placement" JSONB NOT NULL DEFAULT '{}';

CREATE TABLE "QueuedSession" (
    "number" BIGSERIAL NOT NULL,
    "sessionId" UUID NOT NULL,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "wish" JSONB NOT NULL,

    CONSTRAINT "QueuedSession_pkey" PRIMARY KEY ("number")
);

CREATE UNIQUE INDEX "QueuedSession_sessionId_key" ON "QueuedSession"("sessionId");

ALTER TABLE "QueuedSession" ADD CONSTRAINT "QueuedSession_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
