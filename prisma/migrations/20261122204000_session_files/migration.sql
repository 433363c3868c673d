ALTER TABLE "TemplateVersion" ADD COLUMN     "accessParameters" JSONB NOT NULL DEFAULT '{}';
