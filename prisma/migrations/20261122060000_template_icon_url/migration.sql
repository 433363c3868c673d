ALTER TABLE "Template" ADD COLUMN "iconUrl" TEXT;
