-- Of a person's keyboard: what desktops that they start are given.
ALTER TABLE "User" ADD COLUMN "keyboardLayout" TEXT;
