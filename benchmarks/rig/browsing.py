"""What a page costs in a browser without a GPU: the first render, and frames while it scrolls and folds."""

from __future__ import annotations

import os
import shutil
import statistics
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

VIEWPORT: Final = {"width": 1440, "height": 900}
PATIENCE: Final = 120_000
_READY: Final = "body[data-ready]"
_FRAMES: Final = """async ([count, act]) => {
  const step = new Function(`return ${act}`)();
  const times = [];
  let before = performance.now();
  for (let k = 0; k < count; k++) {
    step(k);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  return times.slice(1);
}"""
SCROLL: Final = "(k) => { document.getElementById('scroller').scrollTop += 120; }"
_TURN: Final = """(act) => new Promise((done) => {
  const before = performance.now();
  new Function(act)();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - before)));
})"""
FOLD: Final = "document.querySelector('.row .fold-sign').click()"
UNFOLD_ALL: Final = (
    "const g = document.getElementById('generations'); g.value = g.max; g.dispatchEvent(new Event('input'))"
)
COMPARE: Final = "const s = document.getElementById('against'); s.value = 'root'; s.dispatchEvent(new Event('change'))"
_HEAP: Final = "performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Milliseconds: of the first render least and median, of a frame median and 95th percentile; heap in MB.

    `processor` is what the page's main thread computed until the first render, median: other work on the machine
    changes it less than the time. `fold`, `all_rows` and `compare` last from the action to the frame that shows it.
    """

    first_least: float
    first: float
    processor: float
    frame: float | None
    frame_slow: float | None
    fold: float | None = None
    all_rows: float | None = None
    compare: float | None = None
    heap_mb: float | None = None


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield Debian's Chromium without a GPU while the block runs."""
    from playwright.sync_api import sync_playwright

    options = ["--disable-gpu", "--enable-precise-memory-info", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield browser
        browser.close()


def browse(browser: Browser, path: Path, rounds: int) -> Costs:
    """Open our page from disk several times, then scroll, fold and compare in the last one."""
    firsts: list[float] = []
    computed: list[float] = []
    for turn in range(rounds):
        page, counter = _open(browser, path)
        page.wait_for_selector(_READY)
        firsts.append(float(str(page.evaluate("document.body.dataset.ready"))))
        computed.append(_computed(counter))
        if turn < rounds - 1:
            page.context.close()
    frames = page.evaluate(_FRAMES, [100, SCROLL])
    fold, compare = (page.evaluate(_TURN, act) for act in (FOLD, COMPARE))
    page.evaluate(_TURN, FOLD)
    costs = Costs(
        first_least=min(firsts),
        first=statistics.median(firsts),
        processor=statistics.median(computed),
        frame=statistics.median(frames),
        frame_slow=statistics.quantiles(frames, n=20)[-1],
        fold=fold,
        all_rows=page.evaluate(_TURN, UNFOLD_ALL),
        compare=compare,
        heap_mb=page.evaluate(_HEAP),
    )
    page.context.close()
    return costs


def _open(browser: Browser, path: Path) -> tuple[Page, CDPSession]:
    """Return a page that opens a file, and what counts the processor time of its main thread."""
    page = browser.new_context(viewport=VIEWPORT, bypass_csp=True).new_page()  # type: ignore[arg-type] # two sizes
    page.set_default_timeout(PATIENCE)
    counter = page.context.new_cdp_session(page)
    counter.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri())
    return page, counter


def _computed(counter: CDPSession) -> float:
    """Return the milliseconds of processor time that the page's main thread has taken."""
    metrics = {one["name"]: one["value"] for one in counter.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])
