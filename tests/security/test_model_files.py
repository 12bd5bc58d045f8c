"""Files of models from strangers: pickles under any name, settings that lead to them, heads that lie."""

from __future__ import annotations

import ast
import json
import pickle
import re
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from evaluation.engines.interface import Weights
from evaluation.engines.transformers.adapters import changes_model
from evaluation.engines.transformers.downloads import Snapshot, Snapshots
from evaluation.engines.transformers.file_safety import LARGEST_SETTINGS_BYTES
from evaluation.engines.transformers.load_model import load_tokenizer
from evaluation.errors import CannotRun
from lineage.parents.gguf_header import KEYS_LIMIT, read_head

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SOUND = save({"w": np.zeros(4, dtype=np.float32)})


class Trap:
    """An object whose pickle makes a file where it is read."""

    def __init__(self, mark: Path) -> None:
        """Name the file."""
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        """Have the file made."""
        return Path.touch, (self.mark,)


@pytest.fixture(name="mark")
def fixture_mark(tmp_path: Path) -> Path:
    """Give the file that a pickle makes when it is read."""
    return tmp_path / "owned"


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    """Give a folder of a model that is sound as far as names go."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(SOUND)
    return folder


def fetch(folder: Path) -> Path:
    """Return the folder of what is fetched of a model in it."""
    snapshots = Snapshots(folder.parent / "cache")
    return snapshots.fetch(Weights(model="maple/x", revision=None, folder=str(folder))).folder


def test_a_sound_folder_is_taken(folder: Path) -> None:
    """Safetensors, whole or in shards that an index names, are what is run."""
    assert fetch(folder) == folder
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    index = {"metadata": {}, "weight_map": {"w": "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert fetch(folder) == folder


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "adapter_model.bin", "x.pkl", "x.pth"])
def test_pickles_alone_are_refused(folder: Path, mark: Path, name: str) -> None:
    """A folder without safetensors is refused by the names of its files, none of which is opened."""
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CannotRun, match="pickles only"):
        fetch(folder)
    assert not mark.exists()


@pytest.mark.parametrize(
    "named", ["pytorch_model.bin", "../model.safetensors", "/etc/model.safetensors", "a/model.safetensors", 5, None]
)
def test_an_index_names_only_safetensors_beside_it(folder: Path, named: object) -> None:
    """A shard that is a pickle, lies elsewhere or is no name is refused before any library follows it."""
    (folder / "pytorch_model.bin").write_bytes(b"")
    shards = json.dumps({"metadata": {}, "weight_map": {"w": "model.safetensors", "v": named}})
    (folder / "model.safetensors.index.json").write_text(shards, encoding="utf-8")
    with pytest.raises(CannotRun, match="no safetensors file beside it"):
        fetch(folder)


@pytest.mark.parametrize("named", ["adapter_model.bin", "../../model.safetensors", "", 5])
def test_settings_name_only_safetensors(folder: Path, named: object) -> None:
    """`config.json` leads transformers to no pickle and out of no folder."""
    (folder / "config.json").write_text(json.dumps({"transformers_weights": named}), encoding="utf-8")
    with pytest.raises(CannotRun, match="no safetensors file beside it"):
        fetch(folder)


@pytest.mark.parametrize(
    "told",
    [
        {"attn_implementation": "maple/kernels"},
        {"_attn_implementation": {"": "sdpa", "text_config": "maple/kernels"}},
        {"text_config": {"attn_implementation": "maple/kernels:attend"}},
    ],
)
def test_attention_is_not_fetched(folder: Path, told: dict[str, object]) -> None:
    """A name of the Hub in the place of attention is machine code of a stranger; plain names are transformers' own."""
    (folder / "config.json").write_text(json.dumps({"attn_implementation": "sdpa"}), encoding="utf-8")
    assert fetch(folder) == folder
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(CannotRun, match="fetched from the Hub as machine code"):
        fetch(folder)


@pytest.mark.parametrize("kind", ["SHADOW", "XLORA", "MULTITASK_PROMPT_TUNING"])
def test_an_adapter_that_loads_what_it_names_is_refused(folder: Path, kind: str) -> None:
    """Its settings name another model, other adapters or a pickle, here or on the Hub; others load nothing else."""
    (folder / "adapter_model.safetensors").write_bytes(SOUND)
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}', encoding="utf-8")
    assert fetch(folder) == folder
    named = {"peft_type": kind, "shadow_model": "maple/other", "adapters": {"0": "maple/other"}}
    (folder / "adapter_config.json").write_text(json.dumps(named), encoding="utf-8")
    with pytest.raises(CannotRun, match=f"of the kind {kind}, which loads other files"):
        fetch(folder)


def test_trust_in_a_model_is_none_in_another(folder: Path) -> None:
    """Settings of a model that is trusted may name code of a repository that nobody named."""
    named = {"auto_map": {"AutoTokenizer": ["maple/other--own.Tokenizer", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(named), encoding="utf-8")
    trusted = Weights(model="maple/x", revision=None, folder=str(folder), trusts_remote_code=True)
    with pytest.raises(CannotRun, match="names code of another repository"):
        load_tokenizer(Snapshot(folder=folder, revision=None), trusted)


def test_an_adapter_in_a_pickle_is_refused(folder: Path, mark: Path) -> None:
    """Safetensors of a model do not make up for an adapter that peft would read from a pickle."""
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CannotRun, match="adapter has no weights in safetensors"):
        fetch(folder)
    assert not mark.exists()


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "{", "\xff", '{"a": ' + "9" * 5_000 + "}"])
@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_broken_settings_are_refused(folder: Path, name: str, text: str) -> None:
    """Deep nesting, other values and broken JSON are one clear refusal."""
    (folder / name).write_text(text, encoding="latin-1")
    with pytest.raises(CannotRun, match=re.escape(name)):
        fetch(folder)


def test_settings_of_any_size_are_not_read(folder: Path) -> None:
    """A file of settings that is larger than any true one is refused by its size."""
    with (folder / "config.json").open("wb") as file:
        file.truncate(LARGEST_SETTINGS_BYTES + 1)
    with pytest.raises(CannotRun, match="more than"):
        fetch(folder)


def test_deep_settings_of_an_adapter_are_refused(folder: Path) -> None:
    """Nesting beyond what Python reads is a refusal."""
    (folder / "adapter_config.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(CannotRun, match=r"adapter_config\.json"):
        changes_model(folder)


def header(text: str, *, length: int | None = None, data: bytes = b"") -> bytes:
    """Return a safetensors file of a head that is as given, whatever it says."""
    head = text.encode()
    return struct.pack("<Q", len(head) if length is None else length) + head + data


def tensor(begin: int, end: int, *, dtype: str = "F32", shape: str = "[1]") -> str:
    """Return what a head says of a tensor."""
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'


HEADS = {
    "no head": b"",
    "a head of 2^63 bytes": header("{}", length=1 << 63),
    "a head of 2^64 - 1 bytes": header("{}", length=(1 << 64) - 1),
    "a head of 4 GiB": header("{}", length=1 << 32),
    "a head that is cut": header('{"w":', length=5),
    "deep nesting": header("[" * 100_000),
    "overlapping tensors": header(f'{{"a":{tensor(0, 4)},"b":{tensor(0, 4)}}}', data=bytes(4)),
    "a hole": header(f'{{"a":{tensor(4, 8)}}}', data=bytes(8)),
    "beyond the end": header(f'{{"a":{tensor(0, 1 << 40, shape="[274877906944]")}}}', data=bytes(4)),
    "backwards": header(f'{{"a":{tensor(8, 4)}}}', data=bytes(8)),
    "another type's size": header(f'{{"a":{tensor(0, 4, dtype="F64")}}}', data=bytes(4)),
    "an unknown type": header(f'{{"a":{tensor(0, 4, dtype="OBJECT")}}}', data=bytes(4)),
    "a shape that overflows": header(
        f'{{"a":{tensor(0, 4, shape="[4294967296,4294967296,4294967296]")}}}', data=bytes(4)
    ),
    "a negative shape": header(f'{{"a":{tensor(0, 4, shape="[-1]")}}}', data=bytes(4)),
    "bytes behind the end": SOUND + b"more",
}


@pytest.mark.parametrize("case", HEADS)
def test_a_head_that_lies_is_refused_by_the_library(tmp_path: Path, case: str) -> None:
    """We trust the library that transformers reads with; here is what it refuses, at once and without the memory."""
    place = tmp_path / "model.safetensors"
    place.write_bytes(HEADS[case])
    with pytest.raises(SafetensorError), safe_open(place, framework="np"):
        pass


def test_a_pickle_called_safetensors_is_refused_by_the_library(tmp_path: Path, mark: Path) -> None:
    """Whatever it is called, a pickle is never read as one."""
    place = tmp_path / "model.safetensors"
    place.write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(SafetensorError), safe_open(place, framework="np"):
        pass
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap(mark)))
    with pytest.raises(SafetensorError), safe_open(place, framework="np"):
        pass
    assert not mark.exists()


def gguf(*pairs: bytes, version: int = 3, tensors: int = 0, count: int | None = None) -> bytes:
    """Return the head of a GGUF file with these pairs."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, len(pairs) if count is None else count) + b"".join(pairs)


def text(value: bytes, *, length: int | None = None) -> bytes:
    """Return a text as the format writes it."""
    return struct.pack("<Q", len(value) if length is None else length) + value


BOMBS = {
    "2^64 pairs": gguf(count=(1 << 64) - 1),
    "2^64 tensors": gguf(tensors=(1 << 64) - 1),
    "a key without end": gguf(text(b"k", length=(1 << 64) - 1)),
    "a list of 2^64 numbers": gguf(text(b"k") + struct.pack("<IIQ", 9, 4, (1 << 64) - 1)),
    "a list of 2^64 empty lists": gguf(text(b"k") + struct.pack("<IIQ", 9, 9, (1 << 64) - 1)),
    "lists in lists": gguf(text(b"k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5_000),
    "many empty texts": gguf(text(b"k") + struct.pack("<IIQ", 9, 8, 1 << 60) + bytes(60_000)),
    "many keys": gguf(*(text(b"general.name%d" % one) + struct.pack("<I", 8) + text(b"x") for one in range(3_000))),
}


@pytest.mark.parametrize("case", BOMBS)
def test_the_head_of_a_gguf_file_claims_in_vain(case: str) -> None:
    """Counts, lengths and depths beyond the bytes that are there cost nothing and give nothing."""
    assert len(read_head(BOMBS[case])) <= KEYS_LIMIT


def test_nothing_of_ours_reads_pickles() -> None:
    """No module imports what runs a pickle, and whatever could run one on the way is told not to."""
    reading = re.compile(
        r"^\s*(?:import|from) +(?:c?[pP]ickle|dill|joblib|cloudpickle|shelve|marshal)\b"
        r"|\btorch\.load\(|read_pickle|allow_pickle=True|weights_only=False|yaml\.(?:unsafe_load|full_load|load\(\w+\))"
    )
    found = [
        f"{path}:{number}"
        for package in ("cli.py", "crawler", "evaluation", "lineage", "sandbox", "store")
        for path in ([ROOT / package] if package.endswith(".py") else sorted((ROOT / package).rglob("*.py")))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if reading.search(line)
    ]
    assert found == []


def test_every_load_of_a_model_says_whose_code_it_runs() -> None:
    """Whatever is given `trust_remote_code` gets what the user said of this model: arguments, settings, attributes."""
    given: list[tuple[str, str]] = []
    for path in sorted((ROOT / "evaluation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                given.append((path.name, ast.unparse(node.value)))
            elif isinstance(node, ast.IfExp) and "'trust_remote_code'" in ast.unparse(node.body):
                given.append((path.name, ast.unparse(node.test)))
            elif isinstance(node, ast.Assign) and "trust_remote_code" in ast.unparse(node.targets[0]):
                given.append((path.name, ast.unparse(node.value)))
    assert given == [
        ("models.py", "weights.trusts_remote_code"),
        ("load_model.py", "weights.trusts_remote_code"),
        ("load_model.py", "weights.trusts_remote_code"),
        ("hosted_model.py", "False"),
        ("runner.py", "False"),
    ]


def test_no_dictionary_sets_trust_remote_code_without_asking() -> None:
    """The one literal that does stands inside `... if weights.trusts_remote_code else ...`, seen above."""
    literals = [
        (path.name, ast.unparse(node))
        for path in sorted((ROOT / "evaluation").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict) and any(ast.unparse(key) == "'trust_remote_code'" for key in node.keys if key)
    ]
    assert literals == [("models.py", "{'trust_remote_code': True}")]
