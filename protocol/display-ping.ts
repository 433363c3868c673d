/**
 * A subprotocol of a display's WebSocket. Binary messages are the display's, as in `binary`; a text message `ping <number>` is answered by
 * the agent itself with `pong <number>`, behind what waits to be sent, and the display never sees it. An agent that does not know it
 * chooses `binary`. Without zod, as viewers in browsers carry it.
 */
export const DISPLAY_WITH_PINGS = "berth-display-ping";
export const DISPLAY_PING = /^ping (\d{1,9})$/;
export const DISPLAY_PONG = /^pong (\d{1,9})$/;
