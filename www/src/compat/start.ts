// What the classic scripts have in common: the global, the widgets of the page, `?render=explicit` and `?onload=`.

import { createApi, type Dialect } from "../api.js";

/** `more` is what this service has that others have not. */
export function start(dialect: Dialect, more: (folder: URL) => object = () => ({})): void {
  const script = document.currentScript as HTMLScriptElement;
  const here = new URL(script.src);
  const loaded = import(new URL("../vouchsafe.js", here).href);
  loaded.catch((error: unknown) => console.error("vouchsafe:", error));
  const api = createApi(dialect, new URL("../../", here).href, loaded);
  (window as unknown as Record<string, unknown>)[dialect.name] = Object.assign(api, more(new URL("../", here)));

  const asked = here.searchParams.get("render");
  // reCAPTCHA 3 names its sitekey here and renders nothing.
  const implicit = asked === null || asked === "onload";
  const ready = () => {
    if (implicit) for (const element of document.querySelectorAll<HTMLElement>(`.${dialect.marker}`)) api.render(element);
    void loaded.then(() => {
      const task = (window as unknown as Record<string, unknown>)[here.searchParams.get("onload") ?? ""];
      if (typeof task === "function") task();
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
}
