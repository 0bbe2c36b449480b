// Loads the WebAssembly once and watches the page once, however many widgets there are.

import init, { Ticket, Watcher } from "../build/core.js";
import type { Assessment, ErrorCode } from "../types/vouchsafe.js";

export type { Assessment, ErrorCode };

export interface Core {
  watcher: Watcher;
  module: WebAssembly.Module;
}

export { Ticket };

let started: Promise<Core> | undefined;

/** Rejects with `WidgetError` when the browser refuses WebAssembly or the file is out of reach. */
export function start(): Promise<Core> {
  started ??= load().catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function load(): Promise<Core> {
  if (typeof WebAssembly !== "object") throw new WidgetError("unsupported-browser");
  let response: Response;
  try {
    response = await fetch(new URL("./vouchsafe.wasm", import.meta.url));
  } catch {
    throw new WidgetError("network");
  }
  if (!response.ok) throw new WidgetError("network");
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(await response.arrayBuffer());
  } catch {
    // A Content-Security-Policy without 'wasm-unsafe-eval' ends here.
    throw new WidgetError("unsupported-browser");
  }
  await init({ module_or_path: module });
  const watcher = new Watcher();
  watcher.attach();
  return { watcher, module };
}

/** What can go wrong, by a code that does not change. */
export class WidgetError extends Error {
  constructor(readonly code: ErrorCode) {
    super(code);
  }
}
