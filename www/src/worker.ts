// The proof-of-work Worker: one job, then the page ends it.

import { initSync, Work } from "../build/seal.js";
import type { Job, Report } from "./work.js";

const report = (message: Report) => postMessage(message);

onmessage = ({ data }: MessageEvent<Job>) => {
  initSync({ module: data.module });
  const work = new Work(data.token, data.difficulty, data.thumbprint);
  for (let share = 0; share < 1; ) {
    const before = share;
    share = work.step(4096);
    if (share !== before) report({ share });
  }
  report({ answer: work.answer() as Uint8Array });
};
