ALTER TABLE "User" ADD COLUMN "quotaSessions" INTEGER,
ADD COLUMN "quotaCpuMillicores" INTEGER,
ADD COLUMN "quotaMemoryBytes" BIGINT,
ADD COLUMN "quotaStorageBytes" BIGINT;

CREATE TABLE "RoleQuota" (
    "role" "UserRole" NOT NULL,
    "sessions" INTEGER,
    "cpuMillicores" INTEGER,
    "memoryBytes" BIGINT,
    "storageBytes" BIGINT,

    CONSTRAINT "RoleQuota_pkey" PRIMARY KEY ("role")
);
