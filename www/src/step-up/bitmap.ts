/** A picture file, decoded without an address: pages whose policy forbids `data:` and `blob:` pictures keep it. */
export function bitmap(base64: string, type: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type }));
}
