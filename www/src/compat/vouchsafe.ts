// `<script src=".../dist/compat/vouchsafe.js">`: window.vouchsafe, and widgets where the page has class="vouchsafe".

import { start } from "./start.js";

start({ name: "vouchsafe", marker: "vouchsafe", field: "vouchsafe-response" });
