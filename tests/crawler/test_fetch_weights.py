"""Weights of many models: what is read once, held and let go, and what is left to another crawl."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from crawler import fetch_weights
from crawler.daemon_pool import DaemonPool
from crawler.fetch_weights import HeldReadings, read_all_closely, read_all_weights
from crawler.hub.repository import Absent
from crawler.walks import CrawlRun, Spending
from crawler.weights import read_weights
from lineage.crawl_records import WantedKinship, WantedWeights, WeightFile
from lineage.output.crawl_events import CrawlRemark, ModelsTaken
from lineage.weights.weight_rows import WeightRows
from tests.crawler.test_weights import adapter_of, file_of, serve

if TYPE_CHECKING:
    import pytest

    from crawler.http.hub_client import HubClient
    from lineage.crawl_records import UnreadWeights
    from lineage.weights.kinship_findings import KinVerdict
    from tests.crawler.conftest import Asked, Canned, ScriptedHub


@dataclass
class Shelf:
    """Takes what a crawl of weights stores."""

    kin: list[KinVerdict] = field(default_factory=list)
    unread: list[UnreadWeights] = field(default_factory=list)

    def take_kin(self, found: list[KinVerdict], *_: object) -> None:
        """Take what close readings found."""
        self.kin += found

    def take_weights(self, _: object, unread: list[UnreadWeights], *__: object) -> None:
        """Take why models were not read."""
        self.unread += unread

    def compare_weights(self, *_: object) -> int:
        """Compare nothing."""
        return 0


def run_of(client: HubClient, shelf: Shelf) -> CrawlRun:
    """Return the run of a crawl that stores on a shelf."""
    store = cast("Any", shelf)
    return CrawlRun(client=client, store=store, crawl=1, spending=Spending(client), now=lambda: cast("Any", None))


def weight_file(name: str) -> WeightFile:
    """Return the file of a model."""
    return WeightFile(model=f"maple/{name}", sha=None, path="model.safetensors")


def refuse(hub: ScriptedHub, answers: dict[str, Canned]) -> None:
    """Let the Hub answer so of some models."""
    held = hub.answer

    def answer(asked: Asked) -> Canned:
        return next((canned for name, canned in answers.items() if name in asked.path), None) or held(asked)

    hub.answer = answer


def test_a_reading_is_held_until_others_were_asked_for(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was not asked for longest is let go; what one batch needs is held together, however much it is."""
    serve(hub, canned, {"model.safetensors": file_of(20)})
    monkeypatch.setattr(fetch_weights, "MOST_HELD", 2)
    held, base, others = HeldReadings(client), weight_file("base"), [weight_file(name) for name in "abc"]
    with DaemonPool(2, name="test") as pool:
        for other in others:
            assert list(held.read(pool, [base, other])) == []
        assert list(held.readings) == [base, others[2]]
        assert held.count == 4
        list(held.read(pool, [base, *others]))
        assert set(held.readings) == {base, *others}
        assert held.count == 6


def test_what_fails_this_time_is_left_to_another_crawl(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """With all that needs it; what is gone for good is stored with the reason."""
    serve(hub, canned, {"model.safetensors": file_of(20)})
    refuse(hub, {"gone": canned(status=404, body=b'{"error":"Entry not found"}'), "ill": canned(status=500)})
    kin = [
        WantedKinship(model=weight_file(name), relatives=(weight_file("base"), weight_file(other)))
        for name, other in (("a", "gone"), ("b", "ill"), ("c", "a"))
    ]
    shelf = Shelf()
    events = list(read_all_closely(run_of(client, shelf), kin))
    told = [(one.model, one.relative, one.summary) for verdict in shelf.kin for one in verdict.kinships]
    assert told == [
        ("maple/a", "maple/base", "equal 1"),
        ("maple/a", "maple/gone", "not read"),
        ("maple/c", "maple/base", "equal 1"),
        ("maple/c", "maple/a", "equal 1"),
    ]
    assert [event for event in events if isinstance(event, ModelsTaken)] == [ModelsTaken(found=2, gone=1)]
    remarks = [event.text for event in events if isinstance(event, CrawlRemark)]
    assert [text.split(":")[0] for text in remarks] == [
        "maple/ill could not be read closely this time",
        "2 models were read closely with their relatives",
    ]
    assert len([asked for asked in hub.asked if "/maple/base/" in asked.path]) <= 2


def test_a_refusal_is_told_from_what_holds_no_weights(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """So that it can be asked for again once access is given, and a long header once it is allowed."""
    serve(hub, canned, {"model.safetensors": file_of(20, filling=120_000)})
    body = b'{"error":"Access to model is restricted"}'
    refuse(hub, {"gated": canned(status=403, body=body, headers={"X-Error-Code": "GatedRepo"})})
    shelf = Shelf()
    wanted = [WantedWeights(model=f"maple/{name}", sha="c" * 40) for name in ("gated", "long")]
    list(read_all_weights(run_of(client, shelf), wanted, most_bytes=100_000))
    gated, long = shelf.unread
    assert (gated.model, gated.is_refused, gated.needed_bytes) == ("maple/gated", True, None)
    assert (long.model, long.is_refused) == ("maple/long", False)
    assert long.needed_bytes is not None
    assert long.needed_bytes > 120_000
    list(read_all_weights(run_of(client, again := Shelf()), wanted[1:], most_bytes=long.needed_bytes + 10_000))
    assert again.unread == []


def test_a_crawl_spends_more_on_long_headers_alone(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Of rows it reads as many as before, whatever is allowed; what too few bytes hold no row of needs more."""
    serve(hub, canned, {"model.safetensors": file_of(100_000)})
    plain = read_weights(client, "maple/base", guesses=True, most_bytes=5_000_000)
    asked = read_weights(client, "maple/base", most_bytes=5_000_000, adapters="rows")
    assert isinstance(plain, WeightRows)
    assert isinstance(asked, WeightRows)
    assert plain.bytes_read < 140_000
    assert asked.bytes_read > 1_000_000
    serve(hub, canned, {"model.safetensors": file_of(10, columns=40_000)})
    refused = read_weights(client, "maple/base")
    assert isinstance(refused, Absent)
    assert refused.needed_bytes == 100_001


def test_what_the_record_calls_an_adapter_is_listed_first(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """No file of a model is asked for in vain, and of the adapter its header alone is read."""
    serve(hub, canned, {"adapter_model.safetensors": adapter_of(3)})
    refuse(hub, {"/model.safetensors": canned(status=404, body=b'{"error":"Entry not found"}')})
    told = [WantedWeights(model="maple/lora", sha=None, is_adapter=is_adapter) for is_adapter in (True, False)]
    for wanted, resolves in zip(told, (1, 2), strict=True):
        hub.asked.clear()
        shelf = Shelf()
        list(read_all_weights(run_of(client, shelf), [wanted], most_bytes=100_000))
        assert shelf.unread == []
        assert sum("/resolve/" in asked.path for asked in hub.asked) == resolves
