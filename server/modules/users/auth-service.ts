import type { z } from "zod";
import type { Asker, changePasswordInput, changePasswordOutput, Login, signInOutput } from "./users-schema";

export class AuthService {
  async signInForToken(_input: { username: string; password: string; address: string }): Promise<z.output<typeof signInOutput>> { throw new Error("not built yet"); }
  async signIn(_input: { username: string; password: string; address: string }): Promise<Login> { throw new Error("not built yet"); }
  async signInWithOidc(_profile: { issuer: string; subject: string; email: string | null; name: string | null; address: string }): Promise<Login> { throw new Error("not built yet"); }
  async fromBearer(_token: string): Promise<Login> { throw new Error("not built yet"); }
  async fromCookie(_cookieHeader: string): Promise<Login | null> { throw new Error("not built yet"); }
  async signOut(_loginId: string): Promise<void> { throw new Error("not built yet"); }
  async changePassword(_asker: Asker, _input: z.output<typeof changePasswordInput>): Promise<z.output<typeof changePasswordOutput>> { throw new Error("not built yet"); }
}
