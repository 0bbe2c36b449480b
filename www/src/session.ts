// The package's part for known people: importing it defines <vouchsafe-trust>. The engine comes with the first session.

import { VouchsafeTrust } from "./session/indicator.js";

export { ParcelError } from "./session/parcel.js";
export { Session, session } from "./session/session.js";
export { VouchsafeTrust };

const name = "vouchsafe-trust";
if (globalThis.customElements && !customElements.get(name)) customElements.define(name, VouchsafeTrust);
