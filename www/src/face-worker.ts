// The face Worker: holds the engine, looks at what the page transfers, forgets it.

import { Engine, FaceCheck, initSync, similarity } from "../build/camera.js";
import type { Reply, Request } from "./face/protocol.js";

let engine: Engine | undefined;
let check: FaceCheck | undefined;
let canvas: OffscreenCanvas | undefined;

onmessage = ({ data }: MessageEvent<Request>) => {
  let reply: Reply;
  try {
    reply = { id: data.id, value: answer(data) };
  } catch (error) {
    reply = { id: data.id, error: error instanceof Error ? error.message : String(error) };
  }
  postMessage(reply);
};

function answer(request: Request): unknown {
  if (request.do === "load") {
    if (request.module) {
      initSync({ module: new WebAssembly.Module(request.module) });
      engine = new Engine();
    }
    engine?.load(request.role, new Uint8Array(request.model));
    return undefined;
  }
  if (!engine) throw new Error("the engine is not loaded");
  switch (request.do) {
    case "check":
      check?.free();
      check = new FaceCheck(request.nonce, request.attempt);
      return undefined;
    case "similarity":
      return similarity(Float32Array.from(request.a), Float32Array.from(request.b));
    case "analyze":
      return looked(request.picture, (w, h, rgba) => engine?.analyze(w, h, rgba, request.ask));
    case "follow":
      return looked(request.picture, (w, h, rgba) => engine?.follow(w, h, rgba, request.ask));
    case "frame":
      return looked(request.picture, (w, h, rgba) => check?.frame(engine as Engine, w, h, rgba, request.at));
  }
}

/** The picture's pixels, wiped once looked at. */
function looked(picture: ImageBitmap, look: (width: number, height: number, rgba: Uint8Array) => unknown): unknown {
  const { width, height } = picture;
  if (!canvas || canvas.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  context.drawImage(picture, 0, 0);
  picture.close();
  const pixels = context.getImageData(0, 0, width, height);
  context.clearRect(0, 0, width, height);
  try {
    return look(width, height, new Uint8Array(pixels.data.buffer));
  } finally {
    pixels.data.fill(0);
  }
}
