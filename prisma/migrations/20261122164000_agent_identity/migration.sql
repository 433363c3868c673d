-- AlterTable
ALTER TABLE "Agent" ADD COLUMN     "approvedAt" TIMESTAMP(3),
ADD COLUMN     "clockSkewMs" INTEGER,
ADD COLUMN     "givenCapabilities" TEXT[],
ADD COLUMN     "givenLabels" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "keyFingerprint" TEXT,
ALTER COLUMN "secretHash" DROP NOT NULL;

-- AlterTable
ALTER TABLE "RegistrationToken" ADD COLUMN     "approval" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "capabilities" TEXT[],
ADD COLUMN     "labels" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "CertificateAuthority" (
    "id" UUID NOT NULL,
    "rootCertificate" TEXT NOT NULL,
    "rootKey" TEXT NOT NULL,
    "issuingCertificate" TEXT NOT NULL,
    "issuingKey" TEXT NOT NULL,
    "crossCertificate" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "retiredAt" TIMESTAMP(3),

    CONSTRAINT "CertificateAuthority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AgentCertificate" (
    "serial" TEXT NOT NULL,
    "agentId" UUID NOT NULL,
    "authorityId" UUID NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "keyFingerprint" TEXT NOT NULL,
    "notBefore" TIMESTAMP(3) NOT NULL,
    "notAfter" TIMESTAMP(3) NOT NULL,
    "renewedLateAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "AgentCertificate_pkey" PRIMARY KEY ("serial")
);

-- CreateTable
CREATE TABLE "ProofNonce" (
    "id" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ProofNonce_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "AgentCertificate_agentId_notAfter_idx" ON "AgentCertificate"("agentId", "notAfter");

-- CreateIndex
CREATE INDEX "AgentCertificate_notAfter_idx" ON "AgentCertificate"("notAfter");

-- CreateIndex
CREATE INDEX "ProofNonce_expiresAt_idx" ON "ProofNonce"("expiresAt");

-- AddForeignKey
ALTER TABLE "AgentCertificate" ADD CONSTRAINT "AgentCertificate_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "Agent"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AgentCertificate" ADD CONSTRAINT "AgentCertificate_authorityId_fkey" FOREIGN KEY ("authorityId") REFERENCES "CertificateAuthority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Whoever was enrolled before there was a waiting room has passed it.
UPDATE "Agent" SET "approvedAt" = "createdAt";
