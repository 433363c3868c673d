/** Agents as the control plane would have enrolled them: a key, a certificate of its authority and a row each, without a request for each. */
import { createHash, generateKeyPairSync, randomUUID, X509Certificate } from "node:crypto";
import pg from "pg";
import { z } from "zod";
import { fingerprintOf, makeAgentCertificate } from "../../server/modules/identity/certificate-making";
import { loadMasterKey } from "../../server/platform/db/master-key";
import { unseal } from "../../server/platform/sealing";
import { deriveKeys } from "../../server/platform/secrets";

export const enrolledSchema = z.object({ name: z.string(), cert: z.string(), key: z.string(), ca: z.string() });
/** PEM. */
export type Enrolled = z.infer<typeof enrolledSchema>;

const authoritySchema = z.object({ id: z.string(), rootCertificate: z.string(), issuingCertificate: z.string(), issuingKey: z.string() });

/** Names are `fleet-1` and so on, beyond those that are there. */
export async function enrolFleet(house: { databaseUrl: string; dataDir: string }, count: number): Promise<Enrolled[]> {
  const database = new pg.Client({ connectionString: house.databaseUrl });
  await database.connect();
  try {
    const found = await database.query(`SELECT * FROM "CertificateAuthority" WHERE "retiredAt" IS NULL`);
    const authority = authoritySchema.parse(found.rows[0]);
    const keys = deriveKeys(loadMasterKey(null, house.dataDir));
    const issuer = {
      certificate: authority.issuingCertificate,
      key: unseal(keys.authority, `${authority.id}/issuing`, authority.issuingKey),
    };
    const { rows } = await database.query<{ there: number }>(`SELECT count(*)::int AS there FROM "Agent"`);
    const first = (rows[0]?.there ?? 0) + 1;
    const made = [];
    for (let at = 0; at < count; at += 1) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const agent = { id: randomUUID(), name: `fleet-${first + at}`, publicKey };
      const serial = `01${randomUUID().replaceAll("-", "")}`;
      const { certificate, notBefore, notAfter } = await makeAgentCertificate(issuer, agent, { serial, now: new Date() });
      const parsed = new X509Certificate(certificate);
      made.push({
        row: {
          id: agent.id,
          name: agent.name,
          keyFingerprint: fingerprintOf(publicKey),
          serial: parsed.serialNumber.toUpperCase(),
          fingerprint: createHash("sha256").update(parsed.raw).digest("hex"),
          notBefore,
          notAfter,
        },
        enrolled: {
          name: agent.name,
          cert: certificate + authority.issuingCertificate,
          key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
          ca: authority.rootCertificate,
        },
      });
    }
    const written = JSON.stringify(made.map(({ row }) => row));
    await database.query(
      `INSERT INTO "Agent" (id, name, platform, "keyFingerprint", "approvedAt", "updatedAt")
       SELECT r.id, r.name, 'docker', r."keyFingerprint", now(), now() FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, name text, "keyFingerprint" text)`,
      [written],
    );
    await database.query(
      `INSERT INTO "AgentCertificate" (serial, "agentId", "authorityId", fingerprint, "keyFingerprint", "notBefore", "notAfter")
       SELECT r.serial, r.id, $2, r.fingerprint, r."keyFingerprint", r."notBefore", r."notAfter" FROM jsonb_to_recordset($1::jsonb)
         AS r(id uuid, serial text, fingerprint text, "keyFingerprint" text, "notBefore" timestamptz, "notAfter" timestamptz)`,
      [written, authority.id],
    );
    return made.map(({ enrolled }) => enrolled);
  } finally {
    await database.end();
  }
}
