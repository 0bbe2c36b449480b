// Makes one key from a passphrase; then the page ends it.

import { derive, initSync } from "../build/session.js";

export interface DeriveJob {
  module: WebAssembly.Module;
  passphrase: string;
  salt: Uint8Array;
}

export type DeriveReply = { key: Uint8Array<ArrayBuffer> } | { error: string };

onmessage = ({ data }: MessageEvent<DeriveJob>) => {
  let reply: DeriveReply;
  try {
    initSync({ module: data.module });
    reply = { key: new Uint8Array(derive(data.passphrase, data.salt)) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  postMessage(reply);
};
