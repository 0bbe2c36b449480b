/** What `verify` answers: the same as `POST /siteverify`. */
export interface Answer {
  /** Whether to let the visitor in. */
  success: boolean;
  /** 0 to 1, 1 is a person; absent where the voucher was refused. */
  score?: number;
  verdict?: "human" | "uncertain" | "bot";
  action?: string;
  cdata?: string;
  /** When the challenge was issued, ISO 8601. */
  challenge_ts?: string;
  hostname?: string;
  /** Each measured family's own score. */
  signals?: Record<string, number>;
  /** What a face check was passed on, where the visitor passed one. */
  face?: { attempt: number; responses: number[]; frames: number; parallax: number; similarity: number; spoof: number };
  /** Why, in words, strongest first. */
  reasons?: string[];
  "error-codes": string[];
  /** Which check refused the voucher; see docs/protocol.md. */
  error?: string;
  message?: string;
}

/** Remembers which challenges were redeemed. */
export interface Store {
  /** True when `id` was not there and is now, in one step for everybody who shares the store. May forget it
   * after `expires` (seconds since 1970). */
  insertIfAbsent(id: string, expires: number, now: number): boolean | Promise<boolean>;
}

export interface VerifierOptions {
  /** base64url of at least 16 bytes each, without padding. The first signs, all are accepted. */
  challengeSecrets: string[];
  /** Default: a `MemoryStore`. */
  store?: Store;
  /** How many vouchers' evidence is remembered, to notice when it comes again; default 16384. */
  noveltyEntries?: number;
}

export interface ChallengeOptions {
  sitekey: string;
  hostname: string;
  action?: string;
  /** Leading zero bits of each puzzle, 0 to 20; default 12. */
  difficulty?: number;
  /** Seconds; default 1800. */
  lifetime?: number;
  /** Families every voucher must have evidence of. */
  require?: string[];
}

export interface Expected {
  sitekey: string;
  /** Host names it may come from; default: the challenge's. */
  hostnames?: string[];
  action?: string;
  /** Default 0.4, below which the verdict is "bot". */
  minScore?: number;
}

/** Issues challenges and verifies vouchers, in this process. */
export class Verifier {
  constructor(options: VerifierOptions);
  /** What `GET /challenge` answers, as `{"challenge": token}`. Check sitekey and hostname first: they are signed. */
  challenge(options: ChallengeOptions): string;
  /** Verifies and redeems a voucher. Resolves for bad ones too: look at `success`. */
  verify(voucher: unknown, expected: Expected): Promise<Answer>;
}

/** For one process. */
export class MemoryStore implements Store {
  readonly size: number;
  insertIfAbsent(id: string, expires: number, now: number): boolean;
}
