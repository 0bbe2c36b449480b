// For pages written for this service: change the address of the script, the sitekey and the secret.

import { start } from "./start.js";

start({ name: "turnstile", marker: "cf-turnstile", field: "cf-turnstile-response" });
