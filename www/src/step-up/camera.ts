// The face check, fetched when chosen.

import type { FaceEventDetail } from "../../types/face.js";
import { html, said } from "../dom.js";
import type { Puzzle } from "./panel.js";
import type { Texts } from "./words.js";

export function camera({ camera: texts }: Texts, load: () => Promise<unknown>, nonce: string, passed: (evidence: string) => void, declined: () => void): Puzzle {
  const element = html("div", {});
  const room = html("p", {});
  element.append(said("p", texts.text), room);
  load().then(
    () => {
      const check = document.createElement("vouchsafe-face");
      check.dataset.nonce = nonce;
      check.addEventListener("vouchsafe-face", ({ detail }: CustomEventInit<FaceEventDetail>) => {
        if (detail?.state === "passed") passed(detail.evidence ?? "");
        if (detail?.state === "declined") declined();
      });
      room.replaceWith(check);
    },
    () => (room.textContent = texts.failed),
  );
  return { element };
}
