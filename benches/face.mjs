// The face engine in headless Chromium beside onnxruntime-web on the same models, one thread each.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { root, startBrowser, startServer } from "../tests/e2e/helpers.mjs";

const server = await startServer();
const { browser, page: open } = await startBrowser();
const page = await open({ bypassCSP: true });
const peers = join(root, "benches/peers/node_modules/onnxruntime-web/dist");
const folders = { "/bench/": join(root, "www/build"), "/peer/": peers, "/models/": join(root, "models/face"), "/corpus/": join(root, "tests/corpus") };
for (const [prefix, folder] of Object.entries(folders)) {
  await page.route(`**${prefix}*`, (route) => route.fulfill({ path: join(folder, new URL(route.request().url()).pathname.split("/").at(-1)) }));
}
// The module as it ships, under the name its bindings know.
await page.route("**/bench/camera_bg.wasm", (route) => route.fulfill({ path: join(root, "www/dist/face.wasm"), contentType: "application/wasm" }));
await page.goto(`${server.url}/healthz`);

const figures = await page.evaluate(async () => {
  const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  const median = (samples) => samples.sort((a, b) => a - b)[samples.length >> 1];
  const time = async (task, runs = 20) => {
    for (let i = 0; i < 3; i++) await task();
    const samples = [];
    for (let i = 0; i < runs; i++) {
      const start = performance.now();
      await task();
      samples.push(performance.now() - start);
    }
    return median(samples);
  };
  const roles = ["detector", "mesh", "continuity", "spoof", "expression", "identity"];
  const models = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await bytes(`/models/${role}.onnx`)])));
  const reference = await (await fetch("/models/reference.json")).json();

  // A frame of a camera: the photograph, its face a quarter of the width.
  const photo = await createImageBitmap(await (await fetch("/corpus/astronaut.jpg")).blob());
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext("2d");
  context.drawImage(photo, 100, 0, 300, 225, 0, 0, 640, 480);
  const rgba = new Uint8Array(context.getImageData(0, 0, 640, 480).data.buffer);

  const ours = { load: {} };
  const camera = await import("/bench/camera.js");
  const module = await bytes("/bench/camera_bg.wasm");
  const began = performance.now();
  camera.initSync({ module: new WebAssembly.Module(module) });
  const engine = new camera.Engine();
  for (const role of roles) {
    const start = performance.now();
    engine.load(role, models[role]);
    ours.load[role] = performance.now() - start;
  }
  const first = performance.now();
  const face = engine.follow(640, 480, rgba, {});
  if (!face) throw new Error("no face in the frame");
  ours.ready = first - began - ours.load.identity - ours.load.expression;
  ours.first = performance.now() - first;
  ours.frame = await time(() => engine.follow(640, 480, rgba, {}), 40);
  const searched = await time(() => (engine.lose(), engine.follow(640, 480, rgba, {})));
  ours.search = searched;
  const beside = async (ask, per = 1) => ((await time(() => engine.follow(640, 480, rgba, ask))) - ours.frame) / per;
  ours.models = {
    detector: searched - ours.frame,
    mesh: ours.frame,
    spoof: await beside({ spoof: true }),
    expression: await beside({ expression: true }),
    identity: await beside({ embedding: true }, 2),
  };

  const ort = await import("/peer/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/peer/";
  const theirs = { load: {}, models: {} };
  for (const role of roles) {
    // The detector as the camera uses it, at 160 px.
    const shape = role === "detector" ? [1, 3, 160, 160] : reference[role].shape;
    if (role === "detector") continue;
    const start = performance.now();
    const session = await ort.InferenceSession.create(models[role], { executionProviders: ["wasm"] });
    theirs.load[role] = performance.now() - start;
    const input = new ort.Tensor("float32", Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random), shape);
    theirs.models[role] = await time(() => session.run({ [session.inputNames[0]]: input }));
  }
  return { ours, theirs };
});
await browser.close();
await server.stop();

const brotli = (file) => brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const kb = (bytes) => `${(bytes / 1000).toFixed(0)} KB`;
const ms = (value) => (value === undefined ? "" : `${value.toFixed(1)} ms`);
const { ours, theirs } = figures;
console.log(`${"model".padEnd(12)} ${"vouchsafe".padStart(10)} ${"ort-web".padStart(10)} ${"ratio".padStart(6)} ${"load".padStart(9)} ${"ort load".padStart(9)} ${"brotli".padStart(9)}`);
let liveness = 0;
for (const role of ["detector", "mesh", "continuity", "spoof", "expression", "identity"]) {
  const size = brotli(join(root, `models/face/${role}.onnx`));
  if (!["expression", "identity"].includes(role)) liveness += size;
  const [a, b] = [ours.models[role], theirs.models[role]];
  const ratio = a !== undefined && b !== undefined ? (a / b).toFixed(2) : "";
  console.log(`${role.padEnd(12)} ${ms(a).padStart(10)} ${ms(b).padStart(10)} ${ratio.padStart(6)} ${ms(ours.load[role]).padStart(9)} ${ms(theirs.load[role]).padStart(9)} ${kb(size).padStart(9)}`);
}
const engine = brotli(join(root, "www/dist/face.wasm"));
console.log(`ours include cutting the patch from a 640 x 480 frame; the mesh's is the whole tracked frame (mesh, pose, eyes, mouth, quality)`);
console.log(`tracked frame ${ms(ours.frame)}, searched frame ${ms(ours.search)}, first frame ${ms(ours.first)}, ready from memory ${ms(ours.ready)}`);
console.log(`engine ${kb(engine)} brotli (onnxruntime-web ${kb(brotli(join(peers, "ort-wasm-simd-threaded.wasm")))}), engine and models for liveness ${kb(engine + liveness)}`);
