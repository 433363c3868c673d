-- CreateTable
CREATE TABLE "TemplateFavourite" (
    "userId" UUID NOT NULL,
    "templateId" UUID NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TemplateFavourite_pkey" PRIMARY KEY ("userId","templateId")
);

-- CreateIndex
CREATE INDEX "TemplateFavourite_templateId_idx" ON "TemplateFavourite"("templateId");

-- AddForeignKey
ALTER TABLE "TemplateFavourite" ADD CONSTRAINT "TemplateFavourite_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TemplateFavourite" ADD CONSTRAINT "TemplateFavourite_templateId_fkey" FOREIGN KEY ("templateId") REFERENCES "Template"("id") ON DELETE CASCADE ON UPDATE CASCADE;
