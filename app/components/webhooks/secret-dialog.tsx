"use client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { CopyBox } from "../data/copy-box";
import { Notice } from "../feedback/notice";

/** Shown here and nowhere again. */
export function SecretDialog({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`The secret of ‘${name}’`}
      actions={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Notice tone="warning">
          Copy it now: it is shown this once. With it the other side checks that what comes is from this Berth.
        </Notice>
        <CopyBox text={secret} what="secret" />
        <p className="text-sm text-ink-soft">
          <code className="font-mono">Berth-Signature</code> is <code className="font-mono">t=…,v1=…</code>: the moment, and HMAC-SHA256 of
          moment, a dot and the body. <code className="font-mono">verifyWebhook</code> of @berth/client checks it.
        </p>
      </div>
    </Dialog>
  );
}
