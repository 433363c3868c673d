ALTER TABLE "Task" ADD COLUMN "cancelAskedAt" TIMESTAMP(3);
ALTER TABLE "Task" ADD COLUMN "credentialsSealed" TEXT;
