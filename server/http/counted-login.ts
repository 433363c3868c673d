import type { ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import type { Login } from "../modules/users/users-schema";
import type { HttpCall } from "./calls";
import { type Authenticator, identify } from "./identify";

export interface CountedLoginOptions {
  readonly authenticator: Authenticator;
  /** One request more, said in the answer's headers. Throws RATE_LIMIT_EXCEEDED. */
  count(login: Login | null, address: string, response: ServerResponse): Promise<unknown>;
}

/** Who asks at a path beside the procedures: counted first, a credential that isn't good for its address. Throws AUTH_TOKEN_MISSING for nobody. */
export async function countedLogin(options: CountedLoginOptions, { request, response, address }: HttpCall): Promise<Login> {
  const caller = await identify(request.headers, options.authenticator, address).then(
    (login) => ({ login }),
    (refusal: unknown) => ({ login: null, refusal }),
  );
  await options.count(caller.login, address, response);
  if ("refusal" in caller) throw caller.refusal;
  if (!caller.login) throw new BerthError("AUTH_TOKEN_MISSING", "Sign in first, or send 'Authorization: Bearer <token>'");
  return caller.login;
}
