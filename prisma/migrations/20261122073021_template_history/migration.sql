-- AlterTable
ALTER TABLE "TemplateVersion" ADD COLUMN     "note" TEXT,
ADD COLUMN     "presentation" JSONB,
ADD COLUMN     "restoredFrom" INTEGER;

-- CreateTable
CREATE TABLE "TemplateIcon" (
    "name" TEXT NOT NULL,
    "png" BYTEA NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TemplateIcon_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "Session_templateId_createdAt_idx" ON "Session"("templateId", "createdAt");

-- What is shown now was what the current version showed; of older versions nobody wrote it down.
UPDATE "TemplateVersion" v
SET "presentation" = jsonb_build_object(
  'displayName', t."displayName",
  'category', t."category",
  'description', t."description",
  'tags', to_jsonb(t."tags"),
  'icon', t."icon",
  'iconUrl', t."iconUrl"
)
FROM "Template" t
WHERE t."id" = v."templateId" AND t."currentVersion" = v."version";
