import type { Watcher } from "../build/core.js";
import type { Assessment } from "../types/vouchsafe.js";

/** The claims of a voucher that come from what was seen, and why. */
export interface Measured extends Assessment {
  evidence: Record<string, unknown>;
  build: string;
  model: string;
}

/** What was seen since a challenge arrived (`performance.now()`), or at all. */
export const measured = (watcher: Watcher, received?: number): Measured => JSON.parse(watcher.measure(received)) as Measured;
