/** What a client may use up. All bounds hold before it has said who it is, except where the name says otherwise. */
export interface Limits {
  readonly frameBytesMax: number;
  readonly fragmentsMax: number;
  readonly headerBytesMax: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly idleHttpMs: number;
  /** TCP connections per address we listen on. */
  readonly connectionsMax: number;
  readonly socketsMax: number;
  /** Sockets that have not said hello. */
  readonly unauthenticatedMax: number;
  readonly helloMs: number;
  /** A bucket of messages (pings and pongs count): so many at once, so many more per second. */
  readonly messagesBurst: number;
  readonly messagesPerSecond: number;
  readonly callsInFlightMax: number;
  /** What may wait to be read by the client; beyond it the socket is closed. */
  readonly unreadBytesMax: number;
  readonly pingEveryMs: number;
  /** How long the other side may take to answer a close before the connection is cut. */
  readonly closeMs: number;
}

export const defaultLimits: Limits = {
  frameBytesMax: 64 * 1024,
  fragmentsMax: 64,
  headerBytesMax: 8 * 1024,
  headersMs: 5_000,
  requestMs: 10_000,
  idleHttpMs: 5_000,
  connectionsMax: 128,
  socketsMax: 64,
  unauthenticatedMax: 16,
  helloMs: 3_000,
  messagesBurst: 400,
  messagesPerSecond: 200,
  callsInFlightMax: 64,
  unreadBytesMax: 2 * 1024 * 1024,
  pingEveryMs: 30_000,
  closeMs: 2_000,
};
