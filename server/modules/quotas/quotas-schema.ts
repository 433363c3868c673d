import { z } from "zod";
import { userRoleSchema } from "../users/users-schema";
import { limitsInput, limitsSchema } from "./limits-schema";

export const roleQuotaSchema = limitsSchema.extend({ role: userRoleSchema });
export const listQuotasOutput = z.object({ quotas: z.array(roleQuotaSchema) });
export const setQuotaInput = limitsInput.extend({ role: userRoleSchema });
