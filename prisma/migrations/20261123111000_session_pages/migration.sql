CREATE INDEX "Session_page_idx" ON "Session"("createdAt", "id", "warmAt");
DROP INDEX "Session_createdAt_idx";
