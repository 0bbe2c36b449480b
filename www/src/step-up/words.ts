// What a visitor reads who is asked for more.

import type { Kind } from "./panel.js";

export const words = {
  title: "One more step",
  why: "This site would like to be surer that a person is here. Choose what suits you best; all of them count the same.",
  group: "What suits you",
  loading: "A moment\u2026",
  check: "Check",
  another: "Another one",
  later: "Not now",
  retry: "Try again",
  round: (round: number, rounds: number) => `${round} of ${rounds}`,
  wrong: (left: number) => `Not quite. ${left === 1 ? "One more try" : `${left} more tries`}.`,
  next: "Right. Here is the next one.",
  passed: "Thank you.",
  right: "Right.",
};

export const names: Record<Exclude<Kind, "work">, string> = {
  pictures: "Pictures",
  fit: "Puzzle piece",
  question: "Words",
  hold: "Hold a button",
  face: "Camera",
};

export const pictures = {
  text: "Choose every picture in which the dot lies inside the closed line.",
  picture: (number: number) => `Picture ${number} of 9`,
};

export const fit = {
  text: "Put the piece where it was cut out. Drag it, tap its place, or use the arrow keys (with Shift: big steps).",
  picture: "A picture with three dark holes",
  piece: "Piece",
  at: (x: number, y: number) => `${x} from the left, ${y} from the top`,
};

export const hold = {
  text: "Press and hold the button until it says \u201cLet go\u201d. If you cannot hold: press once, and once more when it says so.",
  press: "Press and hold",
  holding: "Keep holding\u2026",
  latched: "Wait\u2026",
  release: "Let go now",
  again: "Press now",
  early: "Let go too soon. Please press again.",
};

export const camera = {
  text: "The camera looks whether a living face is there. Pictures stay on this device.",
  failed: "The camera check could not be loaded.",
};

export const troubles: Record<string, string> = {
  network: "No connection. Please check your network.",
  expired: "The time for this one is over.",
  replayed: "This one was answered before.",
  locked: "Too many wrong answers. Please start again.",
  "too-many-requests": "Too many tries from this network. Please wait a minute.",
  other: "Something went wrong here.",
};
