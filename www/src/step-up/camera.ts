// The face check, fetched when chosen.

import { html } from "../dom.js";
import { said, type Puzzle } from "./panel.js";
import { camera as texts } from "./words.js";

export function camera(load: () => Promise<unknown>, nonce: string, passed: (evidence: string) => void, declined: () => void): Puzzle {
  const element = html("div", {});
  const room = html("p", {});
  element.append(said("p", texts.text), room);
  load().then(
    () => {
      const check = document.createElement("vouchsafe-face");
      check.dataset.nonce = nonce;
      check.addEventListener("passed", (event) => passed((event as CustomEvent<{ evidence: string }>).detail.evidence));
      check.addEventListener("declined", declined);
      room.replaceWith(check);
    },
    () => (room.textContent = texts.failed),
  );
  return { element };
}
