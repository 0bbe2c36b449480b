// A piece to be put where it was cut out: dragged, tapped, or moved by keys.

import { html, said } from "../dom.js";
import { fill } from "../languages.js";
import type { Hands, Puzzle, Shown } from "./panel.js";
import { bitmap } from "./bitmap.js";

export async function fit(shown: Shown, { texts: { fit: texts } }: Hands): Promise<Puzzle> {
  const { width, height, side } = shown as unknown as Record<"width" | "height" | "side", number>;
  const [picture, piece] = await Promise.all([bitmap(shown.picture as string, "image/jpeg"), bitmap(shown.piece as string, "image/png")]);
  const element = html("div", { role: "group", "aria-labelledby": "step-up-task" });
  const board = html("div", { class: "board" });
  const ground = html("canvas", { width: `${width}`, height: `${height}`, role: "img", "aria-label": texts.picture });
  ground.getContext("2d")?.drawImage(picture, 0, 0);
  const handle = html("button", { type: "button", class: "piece", "aria-label": texts.piece, "aria-describedby": "step-up-task step-up-place" });
  const front = html("canvas", { width: `${side}`, height: `${side}` });
  front.getContext("2d")?.drawImage(piece, 0, 0);
  picture.close();
  piece.close();
  handle.append(front);
  board.append(ground, handle);
  const place = html("span", { class: "spoken", id: "step-up-place", role: "status" });
  element.append(said("p", texts.text, { id: "step-up-task" }), board, place);

  let at = { x: 8, y: 8 };
  const put = (x: number, y: number) => {
    at = { x: Math.round(Math.min(Math.max(x, 0), width - side)), y: Math.round(Math.min(Math.max(y, 0), height - side)) };
    // In shares, so that a narrow page may show it smaller.
    handle.style.left = `${(at.x / width) * 100}%`;
    handle.style.top = `${(at.y / height) * 100}%`;
  };
  put(at.x, at.y);

  /** Where a pointer is, in pixels of the picture. */
  const under = ({ clientX, clientY }: PointerEvent) => {
    const box = ground.getBoundingClientRect();
    return { x: ((clientX - box.left) / box.width) * width, y: ((clientY - box.top) / box.height) * height };
  };
  let grip: { x: number; y: number } | undefined;
  handle.addEventListener("pointerdown", (event) => {
    const { x, y } = under(event);
    grip = { x: x - at.x, y: y - at.y };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const { x, y } = under(event);
    put(x - grip.x, y - grip.y);
  });
  for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (grip = undefined));
  ground.addEventListener("pointerdown", (event) => {
    const { x, y } = under(event);
    put(x - side / 2, y - side / 2);
  });
  handle.addEventListener("keydown", (event) => {
    const [dx, dy] = STEPS[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    put(at.x + dx * far, at.y + dy * far);
    place.textContent = fill(texts.at, at);
  });
  return { element, answer: () => `${at.x},${at.y}` };
}

const STEPS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
