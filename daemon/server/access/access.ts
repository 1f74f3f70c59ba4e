import { watch } from "node:fs";
import { expireConsoles, findConsole } from "./console-access.ts";
import { type AccessFile, accessFile } from "./file.ts";
import {
  type AccessClient,
  type AccessRecord,
  type AccessRequest,
  addRequest,
  type Change,
  codeHashOf,
  dropRequest,
  findClient,
  noOrigin,
  requestMsMax,
  revokeClient,
} from "./record.ts";
import { codeForReading, hashOf, newCode, newToken } from "./secrets.ts";
import type { Logger } from "../../log/logger.ts";
import { BridgeError } from "../../protocol/errors.ts";
import type { World } from "../../world.ts";
import { type TokenBucket, tokenBucket } from "../token-bucket.ts";

/** Who may connect, as of now: a change by the command line counts at once. */
export interface Access {
  /** The client that this token belongs to, if it may be used from this origin (undefined: no Origin header). */
  authenticate(token: string | undefined, origin: string | undefined): AccessClient | undefined;
  /** The console that this token opened, for pages that come from the till's own address and for no others. */
  authenticateConsole(token: string | undefined): AccessClient | undefined;
  /** As of now. */
  record(): AccessRecord;
  /** The code that a waiting request shows on its page. */
  codeOf(requestId: string): string | undefined;
  /** On disk and in force when it resolves. */
  update<Answer>(change: (record: AccessRecord) => Change<Answer>): Promise<Answer>;
  /** Calls the listener with the client's id when access is taken away. Returns what ends the subscription. */
  onRevoked(listener: (clientId: string) => void): () => void;
  /**
   * Shows a code by `showCode` and answers with a token when a person approves it. Throws `ACCESS_DENIED` when no person does in
   * five minutes, when wrong codes were typed too often or `signal` aborts; `RATE_LIMITED` when too many ask.
   */
  request(applicant: Applicant, showCode: (code: string) => void, signal: AbortSignal): Promise<string>;
  /** Ends the waiting requests. Resolves when nothing is written any more. */
  close(): Promise<void>;
}

export interface AccessOptions {
  readonly dataDir: string;
  readonly world: World;
  readonly log: Logger;
}

/** What the command line changed counts within seconds, also for who is connected already. */
const lookAgainMs = 5_000;
/** A person approves one; the others are mistakes or worse. */
const requestsPerMinute = 6;

/** Throws `AccessFileError` when the file cannot be trusted: a daemon that cannot tell who may connect must not start. */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const file = accessFile(options.dataDir);
  if (file.read().requests.length > 0) await forgetRequests(file, options.log);
  const access = new LiveAccess(file, options);
  access.watch(options.dataDir);
  return access;
}

/**
 * A client that asked before this start is gone with its socket: an approval now would reach no page. On a disk that cannot be written
 * the requests stay until they are too old: clients that have access are admitted all the same.
 */
async function forgetRequests(file: AccessFile, log: Logger): Promise<void> {
  try {
    await file.update((record) => ({ record: { ...record, requests: [] }, answer: undefined }));
  } catch (error) {
    log.warn("requests for access from before this start could not be removed", { error });
  }
}

interface Applicant {
  readonly name: string;
  readonly origin: string | undefined;
}

class LiveAccess implements Access {
  readonly #file: AccessFile;
  readonly #world: World;
  readonly #log: Logger;
  readonly #requestBucket: TokenBucket;
  readonly #revoked = new Set<(clientId: string) => void>();
  readonly #changed = new Set<() => void>();
  readonly #pendingRequests = new Set<Promise<string>>();
  readonly #codes = new Map<string, string>();
  readonly #closing = new AbortController();
  #version: string;
  #record: AccessRecord;

  constructor(file: AccessFile, { world, log }: AccessOptions) {
    this.#file = file;
    this.#world = world;
    this.#log = log;
    this.#requestBucket = tokenBucket(requestsPerMinute, requestsPerMinute / 60, world.monotonicMs());
    this.#version = file.version();
    this.#record = file.read();
  }

  watch(dataDir: string): void {
    const { signal } = this.#closing;
    watchFolder(dataDir, this.#file.name, () => this.#refresh(), signal, this.#log);
    void repeat(this.#world, () => this.#expireConsoles(), signal);
  }

  authenticate(token: string | undefined, origin: string | undefined): AccessClient | undefined {
    this.#refresh();
    return token === undefined ? undefined : findClient(this.#record, token, origin);
  }

  authenticateConsole(token: string | undefined): AccessClient | undefined {
    this.#refresh();
    const found = token === undefined ? undefined : findConsole(this.#record, token, this.#world.now());
    return found && { id: found.id, name: "Console", tokenHash: found.tokenHash, createdAt: found.createdAt };
  }

  record(): AccessRecord {
    this.#refresh();
    return this.#record;
  }

  codeOf(requestId: string): string | undefined {
    return this.#codes.get(requestId);
  }

  async update<Answer>(change: (record: AccessRecord) => Change<Answer>): Promise<Answer> {
    const answer = await this.#file.update(change);
    this.#refresh();
    return answer;
  }

  onRevoked(listener: (clientId: string) => void): () => void {
    this.#revoked.add(listener);
    return () => this.#revoked.delete(listener);
  }

  async request(applicant: Applicant, showCode: (code: string) => void, signal: AbortSignal): Promise<string> {
    const asking = this.#addAndAwait(applicant, showCode, signal);
    this.#pendingRequests.add(asking);
    try {
      return await asking;
    } finally {
      this.#pendingRequests.delete(asking);
    }
  }

  async #addAndAwait(applicant: Applicant, showCode: (code: string) => void, signal: AbortSignal): Promise<string> {
    if (!this.#requestBucket.take(this.#world.monotonicMs())) throw new BridgeError("RATE_LIMITED");
    const { code, token, entry } = newRequest(applicant, this.#world);
    const answer = await this.#file.update((record) => addRequest(record, entry));
    if (answer === "locked") throw new BridgeError("ACCESS_DENIED", { reason: "too many wrong codes" });
    if (answer === "tooMany") throw new BridgeError("RATE_LIMITED");
    this.#refresh();
    this.#codes.set(entry.id, codeForReading(code));
    try {
      if (!signal.aborted) showCode(codeForReading(code));
      if (await this.#isApproved(entry, signal)) return token;
      await this.#removeRequest(entry);
      throw new BridgeError("ACCESS_DENIED");
    } finally {
      this.#codes.delete(entry.id);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#pendingRequests);
  }

  /** Waits until the request has left the list, in whatever way. */
  async #isApproved({ id }: AccessRequest, signal: AbortSignal): Promise<boolean> {
    const over = AbortSignal.any([signal, this.#closing.signal]);
    const decided = new AbortController();
    const look = () => {
      if (this.#record.requests.every((it) => it.id !== id)) decided.abort();
    };
    this.#changed.add(look);
    look();
    await this.#world.sleep(requestMsMax, AbortSignal.any([over, decided.signal]));
    this.#changed.delete(look);
    return !over.aborted && this.#record.clients.some((it) => it.id === id);
  }

  /** Also when it was approved in the same moment: the token has reached no client. */
  async #removeRequest({ id }: AccessRequest): Promise<void> {
    try {
      await this.#file.update((record) => ({
        record: revokeClient(dropRequest(record, id), { id }).record,
        answer: undefined,
      }));
      this.#refresh();
    } catch (error) {
      this.#log.warn("a request for access could not be withdrawn; it ends by itself", { error });
    }
  }

  /** A console that stays connected must not stay longer than one that comes back. */
  #expireConsoles(): void {
    this.#refresh();
    if (expireConsoles(this.#record, this.#world.now()) === this.#record) return;
    const expired = this.update((record) => ({
      record: expireConsoles(record, this.#world.now()),
      answer: undefined,
    }));
    expired.catch((error: unknown) => this.#log.error("an old console could not be closed", { error }));
  }

  #refresh(): void {
    const seen = this.#file.version();
    if (seen === this.#version) return;
    this.#version = seen;
    try {
      this.#apply(this.#file.read());
    } catch (error) {
      // What was good before stays good: a till must not stop selling because of a slip in a terminal window.
      this.#log.error("the access list cannot be used; the one read before stays in force", { error });
    }
  }

  #apply(next: AccessRecord): void {
    const kept = new Set(idsIn(next));
    const revoked = idsIn(this.#record).filter((id) => !kept.has(id));
    this.#record = next;
    for (const id of revoked) for (const listener of this.#revoked) listener(id);
    for (const listener of this.#changed) listener();
  }
}

/** Of all who may be connected. */
function idsIn({ clients, consoles = [] }: AccessRecord): string[] {
  return [...clients, ...consoles].map(({ id }) => id);
}

function newRequest(applicant: Applicant, world: World) {
  const token = newToken();
  const code = newCode();
  const id = world.uuid();
  const now = world.now();
  const entry: AccessRequest = {
    id,
    name: applicant.name,
    origin: applicant.origin ?? noOrigin,
    codeHash: codeHashOf(id, code),
    tokenHash: hashOf(token),
    createdAt: now,
    expiresAt: now + requestMsMax,
  };
  return { token, code, entry };
}

/** The folder, not the file: every change puts a new file in the old one's place. */
function watchFolder(dataDir: string, name: string, changed: () => void, signal: AbortSignal, log: Logger): void {
  try {
    const watcher = watch(dataDir, { persistent: false, signal }, (_, changedName) => {
      if (changedName === name || changedName === null) changed();
    });
    watcher.on("error", (error) => log.warn("the access list is no longer watched, only looked at", { error }));
  } catch (error) {
    log.warn("the access list cannot be watched, only looked at", { error });
  }
}

/** Some file systems send no notices, and a queue of notices can overflow. A revoked client must not stay because of that. */
async function repeat(world: World, look: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await world.sleep(lookAgainMs, signal);
    if (!signal.aborted) look();
  }
}
