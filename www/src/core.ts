// What the widgets of a page share: one watcher, loaded with the page, and one key, loaded when a check begins.

import init, { Watcher } from "../build/core.js";
import type { ErrorCode } from "../types/vouchsafe.js";
import type { Seal } from "./seal.js";

/** Starts to watch. Rejects with `WidgetError` when the browser refuses WebAssembly or the file is out of reach. */
export const start = once(async () => {
  await init({ module_or_path: await compiled(new URL("./vouchsafe.wasm", import.meta.url)) });
  const watcher = new Watcher();
  watcher.attach();
  return watcher;
});

/** What answers challenges and signs. Rejects as [`start`] does. */
export const seal = once(async (): Promise<Seal> => {
  const script = import("./seal.js").catch(() => {
    throw new WidgetError("network");
  });
  const [watcher, { open }, module] = await Promise.all([start(), script, compiled(new URL("./seal.wasm", import.meta.url))]);
  return open(module, watcher);
});

/** What can go wrong, by a code that does not change. */
export class WidgetError extends Error {
  constructor(readonly code: ErrorCode) {
    super(code);
  }
}

/** Does a task the first time, and again after it failed. */
function once<T>(task: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () =>
    (done ??= task().catch((error: unknown) => {
      done = undefined;
      throw error;
    }));
}

async function compiled(url: URL): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== "object") throw new WidgetError("unsupported-browser");
  let bytes: ArrayBuffer;
  try {
    const response = await fetch(url);
    if (!response.ok) throw response;
    bytes = await response.arrayBuffer();
  } catch {
    throw new WidgetError("network");
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch {
    // A Content-Security-Policy without 'wasm-unsafe-eval' ends here.
    throw new WidgetError("unsupported-browser");
  }
}
