ALTER TABLE "Session" ADD COLUMN "warmAt" TIMESTAMP(3);

ALTER TABLE "Template" ADD COLUMN "warmPoolSize" INTEGER NOT NULL DEFAULT 0;

CREATE TABLE "WarmPoolHealth" (
    "templateId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "retryAt" TIMESTAMP(3),
    "problem" TEXT,

    CONSTRAINT "WarmPoolHealth_pkey" PRIMARY KEY ("templateId")
);

ALTER TABLE "WarmPoolHealth" ADD CONSTRAINT "WarmPoolHealth_templateId_fkey"
    FOREIGN KEY ("templateId") REFERENCES "Template"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Owner of what waits. No password, no tokens, not active: nobody can be it; its name is none that a person may have.
INSERT INTO "User" ("id", "username", "role", "kind", "active", "createdAt", "updatedAt")
VALUES ('00000000-0000-4000-8000-0000000000b0', '~warm-pool', 'user', 'service', false, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP);

-- Waiting and being nobody's are one thing: no half of a claim can be written.
ALTER TABLE "Session" ADD CONSTRAINT "Session_warm_is_nobodys"
    CHECK (("warmAt" IS NOT NULL) = ("userId" = '00000000-0000-4000-8000-0000000000b0'));
