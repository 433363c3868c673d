import "server-only";
import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { z } from "zod";
import { runtime } from "../server/runtime-slot";
import type { AppRouter } from "../server/trpc/app-router";
import { signInPath } from "./account/next-path";
import { createQueryClient } from "./trpc/query-client";

const caller = cache(async () => {
  const sent = await headers();
  return runtime().caller({ cookie: sent.get("cookie"), address: sent.get("x-berth-client-address") ?? "unknown" });
});

/** A fault's digest is what Next shows of it in the browser: the request's id, under which the server's log has it. */
async function named(error: unknown): Promise<unknown> {
  const requestId = (await headers()).get("x-berth-request-id");
  return requestId !== null && error instanceof Error && !("digest" in error) ? Object.assign(error, { digest: requestId }) : error;
}

/** A refusal of a procedure. It was made in the other bundle, so its class says nothing here. */
const refusalSchema = z.object({ code: z.string(), message: z.string() });

/** Whose cookie this request has, or null. One look-up a request, however many components ask. */
export const currentUser = cache(async () => {
  try {
    return await (await caller()).auth.me();
  } catch (error) {
    if (refusalSchema.safeParse(error).data?.code === "UNAUTHORIZED") return null;
    throw await named(error);
  }
});

/** For every page behind the sign-in: who is here, or away to the sign-in page and back to `path` afterwards. */
export async function requireUser(path: string) {
  const user = await currentUser();
  if (!user) redirect(signInPath(path));
  return user;
}

/** Calls the procedures in this process; the answer is what JSON would have made of it, as in the browser. */
function callerLink(): TRPCLink<AppRouter> {
  return () =>
    ({ op }) =>
      observable((observer) => {
        call(op.path, op.input).then(
          (result) => {
            observer.next({ result: { data: result } });
            observer.complete();
          },
          (error: unknown) => observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error)))),
        );
      });
}

async function call(path: string, input: unknown): Promise<unknown> {
  let procedure: unknown = await caller();
  for (const part of path.split("."))
    procedure = typeof procedure === "function" || typeof procedure === "object" ? Reflect.get(procedure ?? {}, part) : null;
  if (typeof procedure !== "function") throw new Error(`No procedure ${path}`);
  const result: unknown = await procedure(input);
  return result === undefined ? null : JSON.parse(JSON.stringify(result));
}

/**
 * Queries for a server component: `queryClient.prefetchQuery(trpc.sessions.list.queryOptions(…))` and then `<Hydrate of={queryClient}>`.
 * A query that fails here is left out and asked again by the browser, which has one way of showing failures.
 */
export function serverQueries() {
  const queryClient = createQueryClient();
  const client = createTRPCClient<AppRouter>({ links: [callerLink()] });
  return { queryClient, trpc: createTRPCOptionsProxy<AppRouter>({ client, queryClient }) };
}

/** For the one query that a page is about: what does not exist, or may not be seen, is a 404 page. Other failures are the browser's to show. */
export async function prefetchOrNotFound(query: () => Promise<unknown>): Promise<void> {
  try {
    await query();
  } catch (error) {
    const refusal = refusalSchema.safeParse(error instanceof TRPCClientError ? error.cause : error).data;
    if (refusal?.code === "NOT_FOUND") notFound();
  }
}

/** What programs may ask for. */
export const apiDocuments = () => runtime().apiDocuments;
export type ApiDocument = ReturnType<typeof apiDocuments>["api"];
export type ApiOperation = ApiDocument["paths"][string][string];
export type ApiSchema = ApiDocument["components"]["schemas"][string];

/** Whether the sign-in page offers an identity provider. */
export const oidcOffered = (): boolean => runtime().auth.oidc !== null;

/** Whether a page that runs already asks for this one, and not a browser for a document. */
export const isNavigationWithin = async (): Promise<boolean> => (await headers()).has("rsc");
