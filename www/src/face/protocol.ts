// What the page and the face Worker say to each other.

import type { Ask, Role } from "../../types/face.js";

export type Request =
  | { id: number; do: "load"; module: ArrayBuffer | undefined; role: Role; model: ArrayBuffer }
  | { id: number; do: "analyze"; picture: ImageBitmap; ask: Ask }
  | { id: number; do: "follow"; picture: ImageBitmap; ask: Ask }
  | { id: number; do: "check"; nonce: string; attempt: number }
  | { id: number; do: "frame"; picture: ImageBitmap; at: number }
  | { id: number; do: "similarity"; a: number[]; b: number[] };

export type Reply = { id: number; value: unknown } | { id: number; error: string };
