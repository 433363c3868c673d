-- What older versions wrote into "Session"."environment" in plain is sealed by the control plane when it starts: the database has no key.
ALTER TABLE "Session" ADD COLUMN     "environmentStarted" TEXT,
ADD COLUMN     "environmentVersion" INTEGER NOT NULL DEFAULT 0;

ALTER TABLE "Task" ADD COLUMN     "environmentSealed" TEXT;

CREATE TABLE "SessionVariable" (
    "sessionId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "valueSealed" TEXT NOT NULL,
    "secret" BOOLEAN NOT NULL DEFAULT false,
    "changedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changedById" UUID,

    CONSTRAINT "SessionVariable_pkey" PRIMARY KEY ("sessionId","name")
);

ALTER TABLE "SessionVariable" ADD CONSTRAINT "SessionVariable_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
