// The face engine as the page sees it: loaded when first asked for, everything done in a Worker.

import type { Ask, CheckState, FaceDescription, Role } from "../../types/face.js";
import type { Reply, Request } from "./protocol.js";
import { startWorker } from "../start-worker.js";

type Wanted = Request extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/** One by one, so that every bundler sees them. */
const FILES: Record<Role | "engine", URL> = {
  engine: new URL("./face.wasm", import.meta.url),
  detector: new URL("./models/detector.onnx", import.meta.url),
  mesh: new URL("./models/mesh.onnx", import.meta.url),
  continuity: new URL("./models/continuity.onnx", import.meta.url),
  spoof: new URL("./models/spoof.onnx", import.meta.url),
  identity: new URL("./models/identity.onnx", import.meta.url),
  expression: new URL("./models/expression.onnx", import.meta.url),
};

export class FaceEngine {
  #worker: Worker;
  #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #next = 0;
  #loaded = new Map<Role, Promise<void>>();
  #module: Promise<ArrayBuffer | undefined> | undefined;

  constructor() {
    this.#worker = startWorker(new URL("./face-worker.js", import.meta.url), "vouchsafe-face");
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.value);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error("the face engine stopped"));
    };
  }

  /** Fetches engine and models; `progress` hears the share of the bytes that have come, 0 to 1. */
  async load(roles: Role[], progress: (share: number) => void = () => undefined): Promise<void> {
    const missing = roles.filter((role) => !this.#loaded.has(role));
    const came = new Map<string, [number, number]>();
    const tell = (name: string) => (bytes: number, total: number) => {
      came.set(name, [bytes, total]);
      const sum = (i: 0 | 1) => [...came.values()].reduce((all, one) => all + one[i], 0);
      progress(Math.min(1, sum(0) / Math.max(1, sum(1))));
    };
    this.#module ??= fetched(FILES.engine, tell("engine"));
    const models = missing.map((role) => [role, fetched(FILES[role], tell(role))] as const);
    let last = Promise.resolve();
    for (const [role, model] of models) {
      last = last.then(async () => {
        const module = await this.#module;
        this.#module = Promise.resolve(undefined);
        const bytes = await model;
        const transfer = module ? [module, bytes] : [bytes];
        await this.#ask({ do: "load", module, role, model: bytes } as Wanted, transfer);
      });
      this.#loaded.set(role, last);
    }
    try {
      await Promise.all(roles.map((role) => this.#loaded.get(role)));
    } catch (error) {
      for (const role of missing) this.#loaded.delete(role);
      this.#module = undefined;
      throw error;
    }
    progress(1);
  }

  /** Every face in a picture, largest first. */
  analyze(picture: ImageBitmap, ask: Ask = {}): Promise<FaceDescription[]> {
    return this.#ask({ do: "analyze", picture, ask } as Wanted, [picture]) as Promise<FaceDescription[]>;
  }

  /** The largest face of a camera's next frame. */
  follow(picture: ImageBitmap, ask: Ask = {}): Promise<FaceDescription | undefined> {
    return this.#ask({ do: "follow", picture, ask } as Wanted, [picture]) as Promise<FaceDescription | undefined>;
  }

  /** Begins an attempt at a challenge's prompts. */
  async check(nonce: string, attempt: number): Promise<void> {
    await this.#ask({ do: "check", nonce, attempt } as Wanted);
  }

  /** Where the check stands after the frame taken at `at` ms. */
  frame(picture: ImageBitmap, at: number): Promise<CheckState> {
    return this.#ask({ do: "frame", picture, at } as Wanted, [picture]) as Promise<CheckState>;
  }

  /** Cosine of two embeddings, -1 to 1. */
  similarity(a: number[], b: number[]): Promise<number> {
    return this.#ask({ do: "similarity", a, b } as Wanted) as Promise<number>;
  }

  /** Ends the Worker and everything in it. */
  close(): void {
    this.#worker.terminate();
    this.#end(new Error("the face engine was closed"));
  }

  #ask(wanted: Wanted, transfer: Transferable[] = []): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...wanted, id }, transfer);
    });
  }

  #end(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

/** A file of the package, from the browser's cache where it has it; tells of the bytes as they come. */
async function fetched(file: URL, tell: (bytes: number, total: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(file);
  if (!response.ok || !response.body) throw new Error(`${file.pathname} is not there`);
  // Without a length (compressed on the way) the whole counts once it is there.
  const total = Number(response.headers.get("content-length")) || 0;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    bytes += part.value.length;
    tell(bytes, Math.max(total, bytes));
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}
