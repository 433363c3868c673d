/** What a person's page reads beside the person: asked for by the server before the page is drawn, so that nothing on it moves, and by the page since. */
export const SESSIONS_SHOWN = 25;

export const sessionsOf = (username: string) => ({ user: username, live: true, limit: SESSIONS_SHOWN, page: 1 });

/** In the audit log. */
export const deedsOf = (id: string) =>
  ({
    signIns: { targetId: id, action: "auth.sign_in", limit: 5, page: 1 },
    toThem: { targetId: id, limit: 10, page: 1 },
    byThem: { actorId: id, limit: 10, page: 1 },
  }) as const;
