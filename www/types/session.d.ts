/** When to ask, lock and log out; what is left out is as by default. */
export interface Policy {
  /** Below this trust (0 to 100) a challenge is due; 60. */
  challengeBelow?: number;
  /** Below this trust a face check is due; 0, never. */
  faceBelow?: number;
  /** Failed confirmations that lock the session; 3. */
  lockAfter?: number;
  /** Seconds without input that end the session, 0 for never; 900. */
  idleAfter?: number;
  /** Seconds before that at which the person is warned; 60. */
  warnBefore?: number;
}

/** What surrounds the session, as the page or the server knows it. */
export interface Context {
  /** IANA name. Told by the browser where it is left out. */
  timeZone?: string;
  /** Told by the browser where it is left out. */
  language?: string;
  /** Degrees, as coarse as the server likes; kept to a tenth. */
  latitude?: number;
  longitude?: number;
  /** The server has seen this person at another address before. */
  addressChanged?: boolean;
}

/** `open`: all is well; `challenge`, `face`: asked for; `locked`: only the server can go on; `ended`: over. */
export type SessionState = "open" | "challenge" | "face" | "locked" | "ended";

/** One signal's part in the trust, strongest first. */
export interface TrustReason {
  signal: string;
  /** Natural log-odds, negative against the person. */
  weight: number;
  text: string;
}

export interface Status {
  /** 0 to 100. */
  trust: number;
  state: SessionState;
  reasons: TrustReason[];
  /** Moves of the pointer seen. */
  moves: number;
  /** 0 to 1: how much of what judging movement takes was learnt. */
  enrolled: number;
  /** A mouse, the first or another, is still being learnt. */
  learning: boolean;
}

/** `stored`, or why the profile is not kept: no storage, no room, a newer version's record, a record that did not open. */
export type VaultState = "stored" | "memory" | "full" | "newer" | "damaged";

/** What is known of the person. */
export interface Summary {
  /** Blocks of 128 moves learnt of each mouse. */
  mice: number[];
  /** Times of keys and of buttons learnt. */
  keys: number;
  presses: number;
  /** Turns of the wheel and times between them learnt. */
  turns: number;
  face: boolean;
  home: { zone?: string; language?: string; place?: { latitude: number; longitude: number; at: number } };
  /** Size of the profile. */
  bytes: number;
}

export interface SessionOptions {
  /** Whose profile; never leaves the device. By default `me`. */
  user?: string;
  policy?: Policy;
  context?: Context;
  /** Listens to the page; `false` leaves it to `feed()`. */
  watch?: boolean;
  /** For `voucher()`. */
  sitekey?: string;
  /** Where `/challenge` is, for `voucher()`. */
  server?: string;
}

export interface SessionEvents {
  /** Trust, state or reasons changed. */
  trust: CustomEvent<Status>;
  /** A challenge is due: answer with `passed()` or `failed()`. */
  challenge: CustomEvent<Status>;
  /** A face check is due: answer with `face()`, `passed()` or `failed()`. */
  face: CustomEvent<Status>;
  confirmed: CustomEvent<Status>;
  failed: CustomEvent<Status & { left: number }>;
  locked: CustomEvent<Status>;
  unlocked: CustomEvent<Status>;
  /** The session ends in `seconds` unless somebody does something. */
  idle: CustomEvent<Status & { seconds: number }>;
  /** Somebody did. */
  back: CustomEvent<Status>;
  ended: CustomEvent<Status & { idle: boolean }>;
  /** Where the profile lies changed. */
  vault: CustomEvent<{ vault: VaultState }>;
}

/** Begins a session: opens the vault, starts to watch. */
export function session(options?: SessionOptions): Promise<Session>;

export class Session extends EventTarget {
  readonly status: Status;
  readonly vault: VaultState;
  readonly summary: Summary;
  /** What the page or its server knows now. */
  surround(context: Context): void;
  passed(): void;
  failed(): void;
  /** The server says to go on after a lock. */
  unlock(): void;
  /** The person leaves: stops watching, keeps the profile. */
  end(): Promise<void>;
  /** Keeps a face by a revocable template; `embedding` as `<vouchsafe-face data-identify>` tells it. */
  registerFace(embedding: number[]): void;
  forgetFace(): void;
  /** A live face: confirms (true), or counts as a failure (false). Undefined, and nothing, where none was registered. */
  face(embedding: number[]): boolean | undefined;
  /** A fresh voucher for something that matters; refuses unless the session is open. Needs `sitekey`. */
  voucher(action?: string): Promise<string>;
  /** The profile for another device, encrypted by a passphrase; any server may keep it and none can read it. */
  export(passphrase: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Takes a profile from `export()` instead of this one. Rejects with `code` `not-a-parcel` or `wrong-passphrase`. */
  import(parcel: Uint8Array, passphrase: string): Promise<void>;
  /** Forgets everything known of the person, here and in the vault. */
  forget(): Promise<void>;
  /** Movement recorded elsewhere, as if it happened here: `[ms, x, y, 0 move | 1 down | 2 up]` each. For demonstrations. */
  feed(events: Float64Array): void;
  addEventListener<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => void, options?: boolean | AddEventListenerOptions): void;
}

/** `<vouchsafe-trust>`: how sure the session is, and a warning before it ends. Give it a `session`. */
export class VouchsafeTrust extends HTMLElement {
  session: Session | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "vouchsafe-trust": VouchsafeTrust;
  }
}
