// The widget's second half, fetched when a check begins: the page's key, its work for a challenge, its vouchers.

import type { Watcher } from "../build/core.js";
import init, { doubt, Key } from "../build/seal.js";
import { encode, json } from "./base64url.js";
import { type Measured, measured } from "./measured.js";
import type { Kind } from "./step-up.js";
import { type Progress, solve } from "./work.js";

/** What a challenge says (docs/protocol.md). */
export interface Terms {
  v: number;
  nonce: string;
  sitekey: string;
  iat: number;
  exp: number;
  difficulty: number;
  /** What the site asks of those it doubts. */
  step_up?: { below: number; kinds: Kind[] };
}

export async function open(module: WebAssembly.Module, watcher: Watcher): Promise<Seal> {
  await init({ module_or_path: module });
  return new Seal(module, watcher);
}

/** The key of the page. */
export class Seal {
  readonly #key = new Key();
  readonly #thumbprint = this.#key.thumbprint;

  constructor(
    readonly module: WebAssembly.Module,
    readonly watcher: Watcher,
  ) {}

  /** Its thumbprint, as vouchers name it. */
  get issuer(): string {
    return encode(this.#thumbprint);
  }

  /** To answer a challenge that arrived at `received` (`performance.now()`). Throws where it is none. */
  ticket(token: string, received: number): Ticket {
    return new Ticket(this, token, received);
  }

  /** Does the work of a challenge or puzzle; base64url. */
  async work(token: string, progress: Progress, signal: AbortSignal): Promise<string> {
    const { difficulty } = terms(token);
    const job = { module: this.module, token, difficulty, thumbprint: this.#thumbprint };
    return encode(await solve(job, progress, signal));
  }

  seal(claims: object): string {
    return this.#key.seal(JSON.stringify(claims));
  }
}

/** A challenge, its work once done, and what the visitor did besides. */
export class Ticket {
  readonly terms: Terms;
  readonly #seal: Seal;
  #work = "";
  #face: string | undefined;
  #pass: string | undefined;

  constructor(
    seal: Seal,
    readonly token: string,
    readonly received: number,
  ) {
    this.#seal = seal;
    this.terms = terms(token);
  }

  /** How long the challenge may be answered after it arrived, ms. */
  get lifetime(): number {
    return (this.terms.exp - this.terms.iat) * 1000;
  }

  async solve(progress: Progress, signal: AbortSignal): Promise<void> {
    this.#work = await this.#seal.work(this.token, progress, signal);
  }

  /** Adds what a face check left to every voucher signed from now on. */
  attach(face: string): void {
    this.#face = face;
  }

  /** Adds the server's word for what the visitor did to every voucher signed from now on. */
  pass(token: string): void {
    this.#pass = token;
  }

  /** How much the site would ask of this visitor: 0 nothing, 3 most. */
  get doubt(): number {
    const { step_up } = this.terms;
    return step_up ? doubt(this.#measure().score, step_up.below) : 0;
  }

  /** A voucher for everything up to now. */
  sign({ action, cdata }: DOMStringMap): string {
    const { reasons, ...measured } = this.#measure();
    // By the server's clock: the visitor's may be wrong.
    const iat = this.terms.iat + Math.max(0, Math.floor((performance.now() - this.received) / 1000));
    return this.#seal.seal({
      iss: this.#seal.issuer,
      aud: this.terms.sitekey,
      iat,
      exp: iat + VOUCHER_LIFETIME_S,
      jti: encode(crypto.getRandomValues(new Uint8Array(16))),
      challenge: this.token,
      work: this.#work,
      hostname: location.hostname,
      action: shortened(action, 64),
      cdata: shortened(cdata, 255),
      ...measured,
      face: this.#face,
      pass: this.#pass,
    });
  }

  #measure(): Measured {
    return measured(this.#seal.watcher, this.received);
  }
}

/** Of a token's first part. Whether it is genuine only the server can tell. */
function terms(token: string): Terms {
  const read = json(token.split(".")[0]!) as Terms | null;
  const workable = Number.isInteger(read?.difficulty) && read!.difficulty >= 0 && read!.difficulty <= MAX_DIFFICULTY;
  if (read?.v !== 1 || !workable) throw new TypeError("not a challenge of this version");
  return read;
}

/** To so many characters. */
function shortened(text: string | undefined, most: number): string | undefined {
  return text && [...text].slice(0, most).join("");
}

/** As in the crate; more would take this page hours, and wrap on its way to the Worker. */
const MAX_DIFFICULTY = 24;

/** As `VOUCHER_LIFETIME_S` of the crate. */
const VOUCHER_LIFETIME_S = 300;
