"use client";
import type { Outputs } from "../../trpc/client";
import { CopyText } from "../data/copy-text";
import { Fact } from "../data/facts";
import { RelativeTime } from "../data/relative-time";
import { skewWords } from "./skew-words";

type Identity = Outputs["agents"]["get"]["identity"];

/** What proves who the agent is, and how far its clock is off. */
export function AgentIdentityFacts({ keyFingerprint, certificate, clockSkewMs }: Identity) {
  const skew = clockSkewMs === null ? null : skewWords(clockSkewMs);
  return (
    <>
      <Fact name="Key (SHA-256)">
        {keyFingerprint ? <CopyText text={keyFingerprint} shown={keyFingerprint.slice(0, 16)} label="key fingerprint" /> : "none yet"}
      </Fact>
      <Fact name="Certificate">
        {certificate ? <CopyText text={certificate.serial} shown={certificate.serial.slice(2, 10)} label="serial number" /> : "none yet"}
      </Fact>
      {certificate ? (
        <Fact name={Date.parse(certificate.expiresAt) < Date.now() ? "Expired" : "Expires"}>
          <RelativeTime at={certificate.expiresAt} />
        </Fact>
      ) : null}
      <Fact name="Clock">{skew === null ? "not heard yet" : <span className={skew.far ? "text-warning" : ""}>{skew.words}</span>}</Fact>
    </>
  );
}
