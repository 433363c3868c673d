-- What sessions hold on an agent is read from the index alone; it serves whoever asks by agent, too.
CREATE INDEX "Session_room_idx" ON "Session"("agentId", "desired", "observed", "cpuMillicores", "memoryBytes");

-- DropIndex
DROP INDEX "Session_agentId_idx";
