CREATE TABLE "RegistryLogin" (
    "host" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "passwordSealed" TEXT NOT NULL,
    "changedAt" TIMESTAMP(3) NOT NULL,
    "changedById" UUID,

    CONSTRAINT "RegistryLogin_pkey" PRIMARY KEY ("host")
);
