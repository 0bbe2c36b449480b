// `<script src=".../dist/compat/vouchsafe.js">`: window.vouchsafe, and widgets where the page has class="vouchsafe".

import { start } from "./start.js";

start({ name: "vouchsafe", marker: "vouchsafe", field: "vouchsafe-response" }, (folder) => ({
  session: async (options: object) => ((await import(new URL("session.js", folder).href)) as typeof import("../session.js")).session(options),
}));
