/** A face as the engine describes it; boxes and points in px of the picture, angles in degrees. */
export interface FaceDescription {
  box: [x: number, y: number, width: number, height: number];
  /** 0 to 1. */
  confidence: number;
  /** 468 points; empty where the mesh does not fit. */
  landmarks: [x: number, y: number, z: number][];
  /** Eyes, nose, corners of the mouth. */
  points: [x: number, y: number][];
  pose?: { yaw: number; pitch: number; roll: number };
  /** Eye aspect ratios, right and left. */
  eyes?: [number, number];
  mouth?: number;
  /** Shares of seven expressions. A read-out; never judge anybody by it. */
  expression?: Record<string, number | string> & { dominant: string };
  /** Looks like a print or a screen, 0 to 1. A hint. */
  spoof?: number;
  quality: {
    eye_distance: number;
    brightness: number;
    contrast: number;
    sharpness: number;
    inside: number;
    hints: { code: string; text: string }[];
  };
  /** 128 numbers: whose face it is. */
  embedding?: number[];
  /** 192 numbers of a smaller network: whether it is still the same face. Comparable only with their kind. */
  likeness?: number[];
}

/** Where a check stands. */
export interface CheckState {
  state: "prepare" | "prompt" | "passed" | "refused";
  /** `turn-left`, `turn-right`, `look-up`, `blink`, `open-mouth`, `smile` or `move-closer`. */
  prompt?: string;
  /** Prompts answered. */
  done: number;
  /** How far the movement has come, 0 to 1. */
  progress: number;
  /** What to do so that the face is seen. */
  hint?: string;
  refusal?: string;
  /** What the check was passed on, base64url. */
  evidence?: string;
  box?: [number, number, number, number];
}

export type Role = "detector" | "mesh" | "continuity" | "spoof" | "identity" | "expression";

export interface Ask {
  expression?: boolean;
  spoof?: boolean;
  embedding?: boolean;
  likeness?: boolean;
}

/** The face engine, in a Worker of its own. */
export class FaceEngine {
  /** Fetches engine and models; `progress` hears the share of the bytes that have come. */
  load(roles: Role[], progress?: (share: number) => void): Promise<void>;
  /** Every face in a picture, largest first. The picture is transferred. */
  analyze(picture: ImageBitmap, ask?: Ask): Promise<FaceDescription[]>;
  /** The largest face of a camera's next frame. The picture is transferred. */
  follow(picture: ImageBitmap, ask?: Ask): Promise<FaceDescription | undefined>;
  /** Begins an attempt (from 0) at the prompts that a challenge's nonce asks for. */
  check(nonce: string, attempt: number): Promise<void>;
  /** Where the check stands after the frame taken at `at` ms. */
  frame(picture: ImageBitmap, at: number): Promise<CheckState>;
  /** Cosine of two embeddings; from 0.363 on they are held to be of one person. */
  similarity(a: number[], b: number[]): Promise<number>;
  /** Ends the Worker and everything in it. */
  close(): void;
}

/** What `vouchsafe-face` events carry. */
export type FaceEventDetail =
  | { state: "started" | "declined" }
  | { state: "passed"; evidence: string; attempt: number; embedding?: number[] }
  | { state: "refused"; refusal: string }
  | { state: "trouble"; code: string };

/**
 * `<vouchsafe-face for="...">`: a face check; tells of itself by `vouchsafe-face` events. What it leaves goes into
 * the vouchers of the widget named by `for`, else of the one in the same form. Without a widget the prompts are drawn
 * from `data-nonce`, else at random. It speaks `data-language`, else the language of the text around it, where it can.
 * With `data-identify` it also tells whose face it was (10 MB more to load).
 */
export class VouchsafeFace extends HTMLElement {
  /** Fetches engine and models ahead of time. */
  preload(): Promise<void>;
  /** Begins a check; call it only from a click. */
  start(): Promise<void>;
  /** Ends the check under way and turns the camera off. */
  stop(): void;
}
