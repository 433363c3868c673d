-- DropIndex
DROP INDEX "AuditEntry_actorId_idx";

-- DropIndex
DROP INDEX "AuditEntry_at_idx";

-- DropIndex
DROP INDEX "AuditEntry_targetKind_targetId_idx";

-- CreateIndex
CREATE INDEX "AuditEntry_at_id_idx" ON "AuditEntry"("at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_actorId_at_id_idx" ON "AuditEntry"("actorId", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_actorName_at_id_idx" ON "AuditEntry"("actorName", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_action_at_id_idx" ON "AuditEntry"("action", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_targetKind_at_id_idx" ON "AuditEntry"("targetKind", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_targetId_at_id_idx" ON "AuditEntry"("targetId", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEntry_address_at_id_idx" ON "AuditEntry"("address", "at", "id");
