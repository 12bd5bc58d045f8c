// The data of the page: JSON, or packed if it is large. `lineage/explorer/payload.py` documents each column.

import { bytesOf } from "./base85.js";
import { unpack } from "./unpack.js";

async function readPayload() {
  const packed = document.getElementById("data-packed");
  if (!packed) return JSON.parse(document.getElementById("data").textContent);
  const stream = new Response(bytesOf(packed.textContent, Number(packed.dataset.zeros))).body;
  packed.remove();
  return unpack(await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}

export const data = await readPayload();
