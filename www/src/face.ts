// The package's face part: importing it defines <vouchsafe-face>. Engine and models come when a check starts.

import { VouchsafeFace } from "./face/element.js";

export { FaceEngine } from "./face/engine.js";
export { VouchsafeFace };

const name = "vouchsafe-face";
if (globalThis.customElements && !customElements.get(name)) customElements.define(name, VouchsafeFace);
