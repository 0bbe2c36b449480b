// The verifier for JavaScript servers: the same core as the page's and the server's, as WebAssembly.
// Node.js 20 or later, Deno, Bun: wherever there is node:fs.

import { readFileSync } from "node:fs";
import { Core, initSync } from "../build/verify.js";

export interface Store {
  /** True when `id` was not there and is now. One step for everybody who shares the store. */
  insertIfAbsent(id: string, expires: number, now: number): boolean | Promise<boolean>;
}

export interface VerifierOptions {
  /** base64url of at least 16 bytes each. The first signs, all are accepted. */
  challengeSecrets: string[];
  store?: Store;
  noveltyEntries?: number;
}

export interface ChallengeOptions {
  sitekey: string;
  hostname: string;
  action?: string;
  difficulty?: number;
  lifetime?: number;
  require?: string[];
}

export interface Expected {
  sitekey: string;
  hostnames?: string[];
  action?: string;
  minScore?: number;
}

let loaded = false;

/** Issues challenges and verifies vouchers. */
export class Verifier {
  readonly #core: Core;
  readonly #store: Store;

  constructor({ challengeSecrets, store = new MemoryStore(), noveltyEntries = 16_384 }: VerifierOptions) {
    if (!loaded) initSync({ module: readFileSync(new URL("./verify.wasm", import.meta.url)) });
    loaded = true;
    this.#core = new Core(challengeSecrets, noveltyEntries);
    this.#store = store;
  }

  /** The token that `GET /challenge` answers with, as `{"challenge": token}`. */
  challenge({ difficulty = 12, lifetime = 1800, ...ask }: ChallengeOptions): string {
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    return this.#core.challenge({ ...ask, difficulty, lifetime }, nonce, seconds());
  }

  /** Verifies and redeems. Never rejects for a bad voucher: look at `success`. A store that fails refuses. */
  async verify(voucher: unknown, { minScore = 0.4, ...expected }: Expected): Promise<object> {
    if (typeof voucher !== "string" || voucher === "") return refused("missing-input-response");
    const now = seconds();
    const checked = this.#core.check(voucher, { ...expected, minScore }, now);
    try {
      if (checked.id !== undefined) {
        let first: boolean;
        try {
          first = await this.#store.insertIfAbsent(checked.id, checked.forgetAt, now);
        } catch {
          return { ...refused("internal-error"), error: "store-unavailable", message: "the store does not answer" };
        }
        if (first === true) this.#core.admit(checked);
        else checked.replayed();
      }
      return checked.answer() as object;
    } finally {
      checked.free();
    }
  }
}

/** For one process. Several need a store they share: see the README for Redis in five lines. */
export class MemoryStore implements Store {
  readonly #live = new Map<string, number>();
  #nextSweep = 0;

  get size(): number {
    return this.#live.size;
  }

  insertIfAbsent(id: string, expires: number, now: number): boolean {
    if (now >= this.#nextSweep) {
      for (const [old, until] of this.#live) if (until < now) this.#live.delete(old);
      this.#nextSweep = now + 60;
    }
    if (this.#live.has(id)) return false;
    this.#live.set(id, expires);
    return true;
  }
}

function refused(code: string): object {
  return { success: false, "error-codes": [code] };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
