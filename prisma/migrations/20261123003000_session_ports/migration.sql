CREATE TABLE "SessionPort" (
    "sessionId" UUID NOT NULL,
    "port" INTEGER NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "kind" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SessionPort_pkey" PRIMARY KEY ("sessionId", "port")
);
CREATE TABLE "PortShare" (
    "id" UUID NOT NULL,
    "sessionId" UUID NOT NULL,
    "port" INTEGER NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "label" TEXT NOT NULL DEFAULT '',
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "PortShare_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "PortVisit" (
    "shareId" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "times" INTEGER NOT NULL DEFAULT 1,
    "firstAt" TIMESTAMP(3) NOT NULL,
    "lastAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "PortVisit_pkey" PRIMARY KEY ("shareId", "userId")
);
CREATE UNIQUE INDEX "PortShare_tokenHash_key" ON "PortShare"("tokenHash");
CREATE INDEX "PortShare_sessionId_idx" ON "PortShare"("sessionId");
CREATE INDEX "PortVisit_userId_idx" ON "PortVisit"("userId");
ALTER TABLE "SessionPort" ADD CONSTRAINT "SessionPort_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "PortShare" ADD CONSTRAINT "PortShare_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "PortVisit" ADD CONSTRAINT "PortVisit_shareId_fkey" FOREIGN KEY ("shareId") REFERENCES "PortShare"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "PortVisit" ADD CONSTRAINT "PortVisit_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
