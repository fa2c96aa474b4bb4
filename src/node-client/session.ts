/** Who we are at the server: signing in and out, and the token that goes with the cookie. */
import { objectIn, problemIn } from "./answer.js";
import type { ChatError } from "./errors.js";
import type { Http } from "./http.js";

export interface User {
  readonly id: number | string;
  readonly name: string;
}

const DEADLINE_MS = 15_000;

export class Session {
  readonly #http: Http;
  /** The chat's: what is asked for here is everybody's. */
  readonly #signal: AbortSignal;
  #user: User | null | undefined;
  /** Null: not asked for yet, or to be asked for anew. */
  #learning: Promise<void> | null = null;

  constructor(http: Http, signal: AbortSignal) {
    this.#http = http;
    this.#signal = signal;
  }

  /** Null: nobody is signed in; undefined: the server has not said. */
  get user(): User | null | undefined {
    return this.#user;
  }

  /**
   * Asks who we are; known already, does nothing. Without a cookie, too: a host may know people by a header, and a proxy on
   * the way may set it.
   */
  async learn(): Promise<void> {
    this.#learning ??= this.#ask().catch((error: unknown) => {
      this.#learning = null;
      throw error;
    });
    await this.#learning;
  }

  /** What is known is out of date. */
  forget(): void {
    this.#learning = null;
  }

  /** Signs in, or renames who is signed in. Once: after a lost answer a second try would find the name taken, by itself. */
  async signIn(name: string): Promise<User> {
    await this.learn();
    await this.#post("session", { name });
    if (this.#user) return this.#user;
    throw problemIn("", 200);
  }

  async signOut(): Promise<void> {
    await this.learn();
    await this.#post("session/end", {});
  }

  async #ask(): Promise<void> {
    const url = this.#http.address("session");
    const { status, text } = await this.#http.ask(url, { signal: this.#signal, deadlineMs: DEADLINE_MS });
    if (status === 200) return this.#take(objectIn(text, status));
    const problem = problemIn(text, status);
    // A server of before, or something on the way that lets only some addresses pass: it may do without.
    if (!isRefusal(problem)) throw problem;
  }

  async #post(path: string, json: object): Promise<void> {
    const url = this.#http.address(path);
    const { status, text } = await this.#http.ask(url, {
      signal: this.#signal,
      deadlineMs: DEADLINE_MS,
      json,
      fresh: true,
    });
    if (status !== 200 && status !== 201) throw problemIn(text, status);
    this.#take(objectIn(text, status));
    this.#learning = Promise.resolve();
  }

  #take({ user, token }: Record<string, unknown>): void {
    this.#user = (user ?? null) as User | null;
    this.#http.token = typeof token === "string" ? token : null;
  }
}

function isRefusal({ status }: ChatError): boolean {
  return status >= 400 && status < 500 && status !== 429;
}
