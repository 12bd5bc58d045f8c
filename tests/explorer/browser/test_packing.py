"""What Python packs, the browser reads back: every number and every id."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lineage.explorer.packing import CHAIN, LONG
from lineage.explorer.page import data_block

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MODULES = ("base85.js", "unpack.js")
READ = """async ([text, zeros]) => {
  %s
  const stream = new Response(bytesOf(text, zeros)).body.pipeThrough(new DecompressionStream("gzip"));
  const data = unpack(await new Response(stream).arrayBuffer());
  const [parents, above] = [[], []];
  data.models.depth.forEach((depth, i) => {
    parents[i] = depth ? above[depth - 1] : -1;
    above[depth] = i;
  });
  const id = Array.from(data.models.depth, (_, i) => data.models.idOf(i, parents)).reverse();
  const { shared, idOf, ...models } = { ...data.models, id: id.reverse() };
  const whole = { ...data, models, edges: { ...data.edges, proofs: data.edges.proofs } };
  return JSON.stringify(whole, (_, value) => (ArrayBuffer.isView(value) ? [...value] : value));
}"""


def payload_of_everything(rows: int) -> dict[str, Any]:
    """Return data with a chain of many generations, columns of every kind, and names of every kind."""
    deep = 2 * CHAIN + 7
    depth = [*range(deep), *(one % 3 for one in range(rows - deep))]
    owners = ("", "maple/", "oak/", "ch\u00eane/")
    names = ("base", "base-Chat", "base-Gr\u00fcn", "base-\U0001f333", "base-\U0001f333-Med", "x" * 300, "x" * 301)
    ids = [owners[one % 4] + names[one % 7] for one in range(rows)]
    return {
        "models": {
            "id": ids,
            "depth": depth,
            "near": [one + 2 for one in depth],
            "wide": [one * 7919 % 300_007 for one in range(rows)],
            "signed": [one * 7919 % 70_001 - 35_000 for one in range(rows)],
            "rising": [one * 40_000 + one % 3 for one in range(rows)],
            "none": [0] * rows,
            "huge": [2**40] * rows,
            "flag": [one % 2 == 0 for one in range(rows)],
        },
        "edges": {
            "tenths": [None if one % 5 == 0 else (one * 31 % 997 - 400) / 10 for one in range(rows)],
            "fine": [(one * 37 % 10_007) / 100 for one in range(rows)],
            "odd": [one / 7 for one in range(rows)],
            "short": [1, 2, 3],
            "words": ["<"] * rows,
            "proofs": [[["card", "\x00 </script>", True]]],
        },
    }


def test_the_browser_reads_what_was_packed(browser: Browser) -> None:
    """Numbers of every width and sign, None, names that begin as the parent's or do not: all equal."""
    payload = payload_of_everything(20 * LONG)
    block = re.fullmatch(r'.*data-zeros="(\d)">(.*)</script>', data_block(payload), re.DOTALL)
    assert block is not None
    folder = files("lineage").joinpath("explorer", "js")
    code = "\n".join(folder.joinpath(name).read_text("utf-8").replace("export ", "") for name in MODULES)
    page = browser.new_page()
    read = json.loads(page.evaluate(READ % code, [block[2], int(block[1])]))
    page.close()
    assert read == payload
