import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "./auth-options";

interface RouteContext {
  params: Promise<{ nextauth: string[] }>;
}

/** The configuration is in the runtime slot, which is filled when a request comes and not when Next builds. */
async function handle(request: NextRequest, context: RouteContext): Promise<Response> {
  const address = request.headers.get("x-berth-client-address") ?? "unknown";
  return NextAuth(request, context, authOptions({ address, userAgent: request.headers.get("user-agent") }));
}

export { handle as GET, handle as POST };
