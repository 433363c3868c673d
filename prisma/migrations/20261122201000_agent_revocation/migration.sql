-- A revoked agent's row stays while something refers to it, and its name is free again.
DROP INDEX "Agent_name_key";
CREATE UNIQUE INDEX "Agent_name_key" ON "Agent"("name") WHERE "revokedAt" IS NULL;

-- AlterTable
ALTER TABLE "Agent" ADD COLUMN     "secretExchangedAt" TIMESTAMP(3);
