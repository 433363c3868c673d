-- Where an operator says that an agent's own HTTP API is called directly; null: through the tunnels that it dials.
ALTER TABLE "Agent" ADD COLUMN "nodeApiUrl" TEXT;
