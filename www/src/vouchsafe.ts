// The package: importing it defines <vouchsafe-widget>.

import { VouchsafeWidget } from "./widget.js";

export { VouchsafeWidget };
export type { State } from "./widget.js";
export type { Assessment, ErrorCode } from "../types/vouchsafe.js";

const name = "vouchsafe-widget";
if (globalThis.customElements && !customElements.get(name)) customElements.define(name, VouchsafeWidget);
