ALTER TABLE "Session" ADD COLUMN     "configPrint" TEXT;
