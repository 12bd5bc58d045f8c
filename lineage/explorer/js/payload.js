// The data of the page: JSON, compressed if large. `lineage/explorer/payload.py` documents each column.

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function readPayload() {
  const packed = document.getElementById("data-gzip");
  if (!packed) return JSON.parse(document.getElementById("data").textContent);
  const stream = new Blob([bytesOf(packed.textContent.trim())]).stream();
  packed.remove();
  return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).json();
}

export const data = await readPayload();
