// The proof-of-work Worker: one job, then the page ends it.

import { initSync, Work } from "../build/seal.js";
import type { Job, Report } from "./work.js";

/** However hard the work is, the page hears as often, ms. */
const STILL_HERE_MS = 1000;

const report = (message: Report) => postMessage(message);

onmessage = ({ data }: MessageEvent<Job>) => {
  initSync({ module: data.module });
  const work = new Work(data.token, data.difficulty, data.thumbprint);
  for (let share = 0, told = performance.now(); share < 1; ) {
    const before = share;
    share = work.step(4096);
    const now = performance.now();
    if (share === before && now - told < STILL_HERE_MS) continue;
    told = now;
    report({ share });
  }
  report({ answer: work.answer() as Uint8Array });
};
