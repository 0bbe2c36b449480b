// Proof of work: in a Worker, or in slices on the page where no Worker may be started.

import { Work } from "../build/seal.js";
import { startWorker } from "./start-worker.js";

export interface Job {
  module: WebAssembly.Module;
  token: string;
  difficulty: number;
  thumbprint: Uint8Array;
}

export type Report = { share: number } | { answer: Uint8Array };

/** Hears the share done, 0 to 1. */
export type Progress = (share: number) => void;

/** The answer. Aborting rejects with the signal's reason. */
export async function solve(job: Job, progress: Progress, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted();
  try {
    return await inWorker(job, progress, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return await onPage(job, progress, signal);
  }
}

function inWorker(job: Job, progress: Progress, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(new URL("./worker.js", import.meta.url), "vouchsafe");
    const fail = () => end(() => reject(new Error("worker failed")));
    let silence = setTimeout(fail, SILENCE_MS);
    const end = (settle: () => void) => {
      worker.terminate();
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => end(() => reject(signal.reason as Error));
    signal.addEventListener("abort", abort);
    worker.onerror = (event) => {
      event.preventDefault();
      fail();
    };
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      clearTimeout(silence);
      silence = setTimeout(fail, SILENCE_MS);
      if ("answer" in data) end(() => resolve(data.answer));
      else progress(data.share);
    };
    worker.postMessage(job);
  });
}

async function onPage({ token, difficulty, thumbprint }: Job, progress: Progress, signal: AbortSignal): Promise<Uint8Array> {
  const work = new Work(token, difficulty, thumbprint);
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

/** A Worker that says nothing for so long was ended by the browser, which tells nobody, ms. */
const SILENCE_MS = 10_000;
/** Short enough that scrolling and typing go on, ms. */
const SLICE_MS = 8;
