import { BerthError } from "@berth/protocol/errors";
import { errors as joseErrors, jwtVerify, SignJWT } from "jose";
import { decode } from "next-auth/jwt";
import { z } from "zod";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, isUniqueViolation, type Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { KeptBriefly } from "../../platform/kept-briefly";
import type { Keys } from "../../platform/secrets";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import { isApiToken, tokenOfLogin } from "../tokens/token-text";
import type { TokensService } from "../tokens/tokens-service";
import { cookieValue } from "./login-cookie";
import { LOGIN_SECONDS } from "./login-length";
import type { LoginLimits } from "./login-limits";
import type { LoginsService, Origin } from "./logins-service";
import { usernameFor } from "./oidc-username";
import { checkPassword, hashPassword } from "./password";
import { ProvenClaims } from "./proven-claims";
import type { SecondFactorService } from "./second-factor-service";
import type { TicketsService } from "./tickets-service";
import type { Asker, changePasswordInput, changePasswordOutput, Login, signInOutput } from "./users-schema";
import { userView } from "./users-service";
import {
  findLogin,
  findRevokedLogins,
  findUser,
  findUserByEmail,
  findUserByName,
  findUserByOidc,
  insertUser,
  type LoginStanding,
  type UserRow,
  updateUser,
} from "./users-store";

export interface AuthDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Keys;
  readonly cookieName: string;
  readonly limits: LoginLimits;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly logins: LoginsService;
  readonly secondFactor: SecondFactorService;
  readonly tokens: TokensService;
}

export interface SignIn extends Origin {
  readonly username: string;
  readonly password: string;
  readonly totp?: string | undefined;
  /** The limit of sign-ins by address has it already. */
  readonly addressCounted?: boolean | undefined;
}

type ClaimedLogin = Pick<Login, "userId" | "loginId" | "accessEpoch" | "expiresAt" | "via">;
const tokenClaims = z.object({ sub: z.uuid(), jti: z.string(), epoch: z.number().int(), exp: z.number() });
const cookieClaims = z.object({ sub: z.uuid(), loginId: z.string(), epoch: z.number().int(), exp: z.number() });
const badCredentials = () => new BerthError("AUTH_INVALID_CREDENTIALS", "Invalid username or password");
const expired = () => new BerthError("AUTH_TOKEN_EXPIRED", "This token has expired; sign in again");
const badToken = () => new BerthError("AUTH_TOKEN_INVALID", "This token isn't valid (any more); sign in again");

/**
 * Who someone is. Every check asks how the user's row is now, so that access ends when it is taken away and not when a token expires: of
 * a request, the row as it was read within the last second, and nobody said since that it changed.
 */
export class AuthService {
  private readonly bearers = new ProvenClaims<z.output<typeof tokenClaims>>();
  private readonly cookies = new ProvenClaims<z.output<typeof cookieClaims>>();
  private readonly standings: KeptBriefly<LoginStanding | null>;

  constructor(private readonly deps: AuthDeps) {
    this.standings = new KeptBriefly(deps.clock);
    deps.bus.beforehand((event) => {
      if (event.kind === "user" || event.kind === "access") this.standings.drop(({ userId }) => userId === event.userId);
      if (event.kind === "logout") this.standings.drop(({ loginId }) => loginId === event.loginId);
    });
  }

  /**
   * Throws RATE_LIMIT_EXCEEDED or AUTH_INVALID_CREDENTIALS; the latter tells nothing of whether the name exists, is disabled, or has a
   * second factor. That one is asked for (AUTH_SECOND_FACTOR_REQUIRED) after the right password alone: whoever has it learns that it is right,
   * and no more.
   */
  async signIn(input: SignIn, via: Login["via"] = "cookie"): Promise<Login> {
    await this.deps.limits.take(input);
    const user = await findUserByName(this.deps.database, input.username);
    const matches = await checkPassword(user?.passwordHash ?? null, input.password);
    if (!user?.active || !matches) {
      await this.writeRefused(user, input);
      throw badCredentials();
    }
    if (user.totpConfirmedAt) return this.signInWithCode(user, input, via);
    return this.begin(user, input, via);
  }

  private async signInWithCode(user: UserRow, input: SignIn, via: Login["via"]): Promise<Login> {
    if (!input.totp?.trim()) {
      throw new BerthError("AUTH_SECOND_FACTOR_REQUIRED", "This account has a second factor; send its code, or a recovery code, as well");
    }
    await this.deps.limits.takeCode(user.id);
    const login = await this.begin(user, input, via, input.totp);
    await this.deps.limits.forgetCodes(user.id);
    return login;
  }

  async signInForToken(input: SignIn): Promise<z.output<typeof signInOutput>> {
    const login = await this.signIn(input, "bearer");
    const user = await findUser(this.deps.database, login.userId);
    if (!user) throw badCredentials();
    return { token: await this.tokenFor(login), user: userView(user), expiresAt: login.expiresAt };
  }

  /** Finds the person by issuer and subject, or makes a `user` of them. An address that another account has is not believed: no account is taken over by e-mail. Throws AUTH_INSUFFICIENT_PERMISSIONS for a disabled one. */
  async signInWithOidc(profile: {
    issuer: string;
    subject: string;
    email: string | null;
    name: string | null;
    address: string;
    userAgent?: string | null;
  }): Promise<Login> {
    const oidcSubject = `${profile.issuer}#${profile.subject}`;
    const user = (await findUserByOidc(this.deps.database, oidcSubject)) ?? (await this.enrol(oidcSubject, profile));
    if (!user.active)
      throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `The account '${user.username}' is disabled; ask an administrator`);
    return this.begin(user, profile, "cookie");
  }

  /** By JWT or API token, from `address`. Throws AUTH_TOKEN_EXPIRED or AUTH_TOKEN_INVALID. */
  async fromBearer(token: string, address: string): Promise<Login> {
    if (isApiToken(token)) return this.deps.tokens.login(token, address);
    const { sub, jti, epoch, exp } = await this.bearers.of(token, () => this.verify(token));
    if (exp * 1000 <= this.deps.clock.now().getTime()) throw expired();
    const claimed = { userId: sub, loginId: jti, accessEpoch: epoch, expiresAt: new Date(exp * 1000), via: "bearer" } as const;
    const login = this.standing(claimed, await this.kept(claimed));
    if (!login) throw badToken();
    return login;
  }

  /** The login of a `Cookie` header; null where there is none, or none that is still good. */
  async fromCookie(cookieHeader: string): Promise<Login | null> {
    const token = cookieValue(cookieHeader, this.deps.cookieName);
    if (!token) return null;
    const claims = await this.cookies.of(token, () => this.open(token));
    if (!claims) return null;
    const { sub, loginId, epoch, exp } = claims;
    const claimed = { userId: sub, loginId, accessEpoch: epoch, expiresAt: new Date(exp * 1000), via: "cookie" } as const;
    return this.standing(claimed, await this.kept(claimed));
  }

  /** The login as it is now; null once it was ended, its user disabled, or its epoch passed. */
  async current(claimed: ClaimedLogin): Promise<Login | null> {
    const tokenId = tokenOfLogin(claimed.loginId);
    if (tokenId !== null) return claimed.expiresAt > this.deps.clock.now() ? this.deps.tokens.current(tokenId, claimed) : null;
    return this.standing(claimed, await findLogin(this.deps.database, claimed.userId, claimed.loginId));
  }

  private kept({ userId, loginId }: ClaimedLogin): Promise<LoginStanding | null> {
    return this.standings.of(`${userId} ${loginId}`, () => findLogin(this.deps.database, userId, loginId));
  }

  private standing(claimed: ClaimedLogin, found: LoginStanding | null): Login | null {
    if (!found || found.revoked || !found.active || found.accessEpoch !== claimed.accessEpoch) return null;
    if (claimed.expiresAt <= this.deps.clock.now()) return null;
    const { userId, loginId, accessEpoch, expiresAt, via } = claimed;
    this.deps.logins.seen(loginId);
    return { userId, loginId, accessEpoch, expiresAt, via, username: found.username, role: found.role, token: null };
  }

  /** As `current`, for what was issued within the last seconds and would have been taken back with the epoch (tickets). */
  async currentOfTicket(userId: string, loginId: string, expiresAt: Date): Promise<Login | null> {
    const user = await findUser(this.deps.database, userId);
    return user && this.current({ userId, loginId, accessEpoch: user.accessEpoch, expiresAt, via: "cookie" });
  }

  /** The epoch that the user's logins must have now; null for one who may not come in at all. */
  async accessEpoch(userId: string): Promise<number | null> {
    const user = await findUser(this.deps.database, userId);
    return user?.active ? user.accessEpoch : null;
  }

  /** Which of these logins have ended by themselves or early; a change of their user's access is told by the epoch. */
  async ended(loginIds: readonly string[]): Promise<string[]> {
    const ofTokens = new Map(loginIds.flatMap((id) => (tokenOfLogin(id) === null ? [] : [[tokenOfLogin(id) ?? "", id] as const])));
    const [over, revoked] = await Promise.all([
      this.deps.tokens.over([...ofTokens.keys()]),
      findRevokedLogins(
        this.deps.database,
        loginIds.filter((id) => tokenOfLogin(id) === null),
      ),
    ]);
    return [...over.flatMap((id) => ofTokens.get(id) ?? []), ...revoked];
  }

  signOut(loginId: string): Promise<void> {
    return this.deps.logins.signOut(loginId);
  }

  /** The next login of a browser whose own ended with a change of its person's password. Throws TICKET_INVALID. */
  async renew(input: { renewal: string } & Origin): Promise<Login> {
    const [userId = "", ticket = ""] = input.renewal.split(".");
    const { userId: whose } = await this.deps.tickets.redeem(ticket, { purpose: "login", sessionId: userId });
    const user = await findUser(this.deps.database, whose);
    if (!user?.active) throw badCredentials();
    const login = this.loginFor(user, "cookie");
    await this.deps.database.$transaction((tx) => this.deps.logins.record(tx, login, input));
    return login;
  }

  /** Ends every login of the user. Counts as a sign-in attempt, so that a stolen login can't be used to guess the password. */
  async changePassword(
    asker: Asker,
    input: z.output<typeof changePasswordInput>,
    userAgent: string | null = null,
  ): Promise<z.output<typeof changePasswordOutput>> {
    await this.deps.limits.take({ username: asker.username, address: asker.address });
    const user = await findUser(this.deps.database, asker.userId);
    if (!(await checkPassword(user?.passwordHash ?? null, input.currentPassword))) {
      throw new BerthError("AUTH_INVALID_CREDENTIALS", "The current password is not right");
    }
    const passwordHash = await hashPassword(input.newPassword);
    const { login, renewal } = await this.deps.database.$transaction(async (tx) => {
      const changed = await updateUser(tx, asker.userId, { passwordHash, accessEpoch: { increment: 1 } });
      await this.deps.tickets.revokeOfUser(tx, asker.userId);
      await this.deps.audit.record(tx, actorOf(asker), { action: "users.change_password", target: { kind: "user", id: asker.userId } });
      if (asker.via !== "bearer") return { login: null, renewal: await this.renewalFor(tx, asker) };
      const next = this.loginFor(changed, "bearer");
      await this.deps.logins.record(tx, next, { address: asker.address, userAgent });
      return { login: next, renewal: null };
    });
    await this.deps.bus.publish({ kind: "access", userId: asker.userId });
    if (!login) return { token: null, expiresAt: null, renewal };
    return { token: await this.tokenFor(login), expiresAt: login.expiresAt, renewal };
  }

  private async renewalFor(tx: Tx, { userId, loginId }: Asker): Promise<string> {
    const grant = { purpose: "login", userId, loginId, sessionId: userId, mode: "renew", port: null } as const;
    return `${userId}.${(await this.deps.tickets.issue(tx, grant)).ticket}`;
  }

  /** With `code`, only where that is right; what it uses up and the login are one commit. */
  private async begin(user: UserRow, from: Origin, via: Login["via"], code?: string): Promise<Login> {
    const login = this.loginFor(user, via);
    const begun = await this.deps.database.$transaction(async (tx) => {
      const secondFactor = code === undefined ? null : await this.deps.secondFactor.use(tx, user, code);
      const { address } = from;
      if (code !== undefined && secondFactor === null) return false;
      await this.deps.logins.record(tx, login, from);
      await updateUser(tx, user.id, { lastLoginAt: this.deps.clock.now() });
      await this.deps.audit.record(
        tx,
        { kind: "user", id: user.id, name: user.username, address },
        { action: "auth.sign_in", target: { kind: "user", id: user.id }, ...(secondFactor ? { details: { secondFactor } } : {}) },
      );
      return true;
    });
    if (!begun) {
      await this.writeRefused(user, from, "auth.second_factor_refused");
      throw badCredentials();
    }
    await this.deps.bus.publish({ kind: "user", userId: user.id });
    return login;
  }

  /** A name that nobody has is not written down: people type their passwords there. */
  private async writeRefused(user: UserRow | null, { address }: Origin, action = "auth.sign_in"): Promise<void> {
    const actor = user ? ({ kind: "user", id: user.id, name: user.username, address } as const) : ({ kind: "nobody", address } as const);
    await this.deps.audit.recordDenied(actor, { action, ...(user && { target: { kind: "user", id: user.id } }) }, "refused");
  }

  private loginFor(user: UserRow, via: Login["via"]): Login {
    return {
      loginId: this.deps.ids.uuid(),
      userId: user.id,
      username: user.username,
      role: user.role,
      via,
      accessEpoch: user.accessEpoch,
      expiresAt: new Date(Math.floor(this.deps.clock.now().getTime() / 1000) * 1000 + LOGIN_SECONDS * 1000),
      token: null,
    };
  }

  /** What a JWT says, its signature being ours. Throws AUTH_TOKEN_EXPIRED or AUTH_TOKEN_INVALID. */
  private async verify(token: string): Promise<z.output<typeof tokenClaims>> {
    const verified = await jwtVerify(token, this.deps.keys.jwt, { algorithms: ["HS256"], currentDate: this.deps.clock.now() }).catch(
      (error: unknown) => {
        throw error instanceof joseErrors.JWTExpired ? expired() : badToken();
      },
    );
    const claims = tokenClaims.safeParse(verified.payload);
    if (!claims.success) throw badToken();
    return claims.data;
  }

  /** What a cookie's token says; null where it isn't ours. */
  private async open(token: string): Promise<z.output<typeof cookieClaims> | null> {
    const claims = cookieClaims.safeParse(await decode({ token, secret: this.deps.keys.cookie }).catch(() => null));
    return claims.success ? claims.data : null;
  }

  private tokenFor(login: Login): Promise<string> {
    return new SignJWT({ epoch: login.accessEpoch })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(login.userId)
      .setJti(login.loginId)
      .setIssuedAt(this.deps.clock.now())
      .setExpirationTime(login.expiresAt)
      .sign(this.deps.keys.jwt);
  }

  private async enrol(oidcSubject: string, profile: { email: string | null; name: string | null }): Promise<UserRow> {
    const email = profile.email && !(await findUserByEmail(this.deps.database, profile.email)) ? profile.email : null;
    const wish = usernameFor(profile);
    for (const username of [wish, `${wish.slice(0, 56)}-${this.deps.ids.suffix()}`]) {
      try {
        return await this.deps.database.$transaction(async (tx) => {
          const made = await insertUser(tx, { id: this.deps.ids.uuid(), username, email, oidcSubject, role: "user" });
          await this.deps.audit.record(
            tx,
            { kind: "system" },
            { action: "users.create", target: { kind: "user", id: made.id }, details: { username, by: "oidc" } },
          );
          return made;
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        const other = await findUserByOidc(this.deps.database, oidcSubject);
        if (other) return other;
      }
    }
    throw new BerthError("USER_ALREADY_EXISTS", `No free username could be made from '${wish}'; ask an administrator`);
  }
}
