// Proof of work: in a Worker, or in slices on the page where no Worker may be started.

import { type Core, Ticket } from "./core.js";
import { Work } from "../build/core.js";
import { startWorker } from "./start-worker.js";

export interface Job {
  module: WebAssembly.Module;
  challenge: string;
  thumbprint: Uint8Array;
}

export type Report = { share: number } | { answer: Uint8Array };

/** The answer; `progress` hears the share done, 0 to 1. Aborting rejects with the signal's reason. */
export async function solve(
  core: Core,
  challenge: string,
  ticket: Ticket,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const job: Job = { module: core.module, challenge, thumbprint: ticket.thumbprint };
  try {
    return await inWorker(job, progress, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return await onPage(job, progress, signal);
  }
}

function inWorker(job: Job, progress: (share: number) => void, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(new URL("./worker.js", import.meta.url), "vouchsafe");
    const end = (settle: () => void) => {
      worker.terminate();
      signal.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => end(() => reject(signal.reason as Error));
    signal.addEventListener("abort", abort);
    worker.onerror = (event) => {
      event.preventDefault();
      end(() => reject(new Error("worker failed")));
    };
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if ("answer" in data) end(() => resolve(data.answer));
      else progress(data.share);
    };
    worker.postMessage(job);
  });
}

async function onPage(job: Job, progress: (share: number) => void, signal: AbortSignal): Promise<Uint8Array> {
  const work = new Work(job.challenge, job.thumbprint);
  try {
    for (let share = 0; share < 1; ) {
      const until = performance.now() + SLICE_MS;
      while (share < 1 && performance.now() < until) share = work.step(256);
      progress(share);
      await new Promise((resume) => setTimeout(resume));
      signal.throwIfAborted();
    }
    return work.answer() as Uint8Array;
  } finally {
    work.free();
  }
}

/** Short enough that scrolling and typing go on, ms. */
const SLICE_MS = 8;
