// A profile on its way to the person's other devices: encrypted by a passphrase, for any server to keep and none to
// read. `VSX1`, 16 bytes of salt, 12 of nonce, then AES-256-GCM over the profile; the key is Argon2id's.

import { startWorker } from "../start-worker.js";
import type { DeriveJob, DeriveReply } from "../session-worker.js";

const MAGIC = [0x56, 0x53, 0x58, 0x31];
const SALT = 16;
const NONCE = 12;
const HEAD = MAGIC.length + SALT + NONCE;
const MOST = 1 << 20;

/** Why a parcel was not opened. */
export class ParcelError extends Error {
  constructor(readonly code: "not-a-parcel" | "wrong-passphrase") {
    super(code);
  }
}

export async function pack(profile: Uint8Array<ArrayBuffer>, passphrase: string, module: WebAssembly.Module): Promise<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(HEAD);
  head.set(MAGIC);
  crypto.getRandomValues(head.subarray(MAGIC.length));
  const key = await keyOf(passphrase, head, "encrypt", module);
  const data = await crypto.subtle.encrypt(cipher(head), key, profile);
  const parcel = new Uint8Array(HEAD + data.byteLength);
  parcel.set(head);
  parcel.set(new Uint8Array(data), HEAD);
  return parcel;
}

export async function unpack(parcel: Uint8Array, passphrase: string, module: WebAssembly.Module): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parcel);
  if (whole.length <= HEAD || whole.length > MOST || MAGIC.some((byte, i) => whole[i] !== byte)) throw new ParcelError("not-a-parcel");
  const head = whole.slice(0, HEAD);
  const key = await keyOf(passphrase, head, "decrypt", module);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(cipher(head), key, whole.subarray(HEAD)));
  } catch {
    // AES-GCM cannot tell a wrong key from a changed text.
    throw new ParcelError("wrong-passphrase");
  }
}

function cipher(head: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv: head.subarray(MAGIC.length + SALT), additionalData: head };
}

/** In a Worker: it takes a second, and memory that only goes when the Worker does. */
function keyOf(passphrase: string, head: Uint8Array, use: KeyUsage, module: WebAssembly.Module): Promise<CryptoKey> {
  const worker = startWorker(new URL("./session-worker.js", import.meta.url), "vouchsafe-session");
  return new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<DeriveReply>) => ("key" in data ? resolve(data.key) : reject(new Error(data.error)));
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error("the key could not be made"));
    };
    const salt = head.slice(MAGIC.length, MAGIC.length + SALT);
    worker.postMessage({ module, passphrase: passphrase.normalize("NFKC"), salt } satisfies DeriveJob);
  })
    .finally(() => worker.terminate())
    .then((bytes) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [use]));
}
