-- AlterTable
ALTER TABLE "User" ADD COLUMN     "displayName" TEXT,
ADD COLUMN     "invitationExpiresAt" TIMESTAMP(3),
ADD COLUMN     "invitationHash" TEXT,
ADD COLUMN     "theme" TEXT,
ADD COLUMN     "timeZone" TEXT,
ADD COLUMN     "totpConfirmedAt" TIMESTAMP(3),
ADD COLUMN     "totpLastStep" INTEGER,
ADD COLUMN     "totpSecret" TEXT;

-- CreateTable
CREATE TABLE "RecoveryCode" (
    "userId" UUID NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "RecoveryCode_pkey" PRIMARY KEY ("userId","hash")
);

-- CreateTable
CREATE TABLE "SignedInLogin" (
    "id" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "via" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "userAgent" TEXT,
    "accessEpoch" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "lastSeenAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "SignedInLogin_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "SignedInLogin_userId_idx" ON "SignedInLogin"("userId");

-- CreateIndex
CREATE INDEX "SignedInLogin_expiresAt_idx" ON "SignedInLogin"("expiresAt");

-- CreateIndex
CREATE INDEX "AuditEntry_actorId_idx" ON "AuditEntry"("actorId");

-- CreateIndex
CREATE UNIQUE INDEX "User_invitationHash_key" ON "User"("invitationHash");

-- AddForeignKey
ALTER TABLE "RecoveryCode" ADD CONSTRAINT "RecoveryCode_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SignedInLogin" ADD CONSTRAINT "SignedInLogin_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
