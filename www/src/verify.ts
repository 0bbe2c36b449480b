// The verifier for JavaScript servers: the same core as the page's and the server's, as WebAssembly.
// Node.js 20 or later, Deno, Bun: wherever there is node:fs.

import { readFileSync } from "node:fs";
import { Core, initSync } from "../build/verify.js";
import type { Answer, ChallengeOptions, Expected, Store, VerifierOptions } from "../types/verify.js";

export type { Answer, ChallengeOptions, Expected, Store, VerifierOptions };

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
  async verify(voucher: unknown, { minScore = 0.4, ...expected }: Expected): Promise<Answer> {
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
      return checked.answer() as Answer;
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

function refused(code: string): Answer {
  return { success: false, "error-codes": [code] };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
