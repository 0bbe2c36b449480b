export type { Api, Parameters } from "./api.js";

/** What the widget is doing. */
export type State = "idle" | "working" | "challenged" | "verified" | "failed" | "expired";

/** What went wrong; stable. */
export type ErrorCode =
  | "unsupported-browser"
  | "network"
  | "missing-sitekey"
  | "unknown-sitekey"
  | "unknown-hostname"
  | "too-many-requests"
  | "server-error"
  | "internal-error";

/** The page's own opinion. Advice only: the server decides from the voucher. */
export interface Assessment {
  /** 0 to 1, 1 is a person. */
  score: number;
  verdict: "human" | "uncertain" | "bot";
  /** Each family's own score; undefined where there was not enough to judge. */
  signals: Record<string, number | undefined>;
  /** Why, strongest first. */
  reasons: { family: string; code: string; text: string; weight: number }[];
}

/** `detail` of the events `statechange`, `verified`, `failed` and `expired`. */
export interface WidgetEventDetail {
  state: State;
  voucher: string;
  error?: ErrorCode;
}

/** `<vouchsafe-widget data-sitekey="...">` */
export class VouchsafeWidget extends HTMLElement {
  readonly state: State;
  /** A fresh voucher, or the empty string while there is none. */
  readonly voucher: string;
  /** The nonce of the challenge being answered, for a face check; empty while there is none. */
  readonly challengeNonce: string;
  /** Adds what a face check left to the vouchers of the challenge it was made for; false where that is over. */
  attach(nonce: string, evidence: string): boolean;
  assess(): Promise<Assessment>;
  /** Starts the check, as a click on the widget does. */
  execute(): Promise<void>;
  /**
   * Makes sure that there is a voucher the site takes: where it doubts this visitor and offers challenges, asks for
   * one, as sending the form does. False where the visitor would rather not, or the check failed.
   */
  assure(): Promise<boolean>;
  /** Forgets the voucher. The next submission, or `execute()`, makes another. */
  reset(): void;
  /** As on a field: words that keep the form back, or none. */
  setCustomValidity(message: string): void;
  checkValidity(): boolean;
  reportValidity(): boolean;
}

declare global {
  interface HTMLElementTagNameMap {
    "vouchsafe-widget": VouchsafeWidget;
  }
}
