"""What a stranger gets who installs the wheel; `make test` runs these against one in a clean environment."""

import importlib
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub.cli.extensions import EXTENSIONS_ROOT, ExtensionManifest

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTION = "hub-lineage"
OURS = ("cli", "crawler", "evaluation", "lineage", "sandbox", "store")
HEAVY = {
    "duckdb",
    "httpx",
    "httpx2",
    "huggingface_hub",
    "networkx",
    "numpy",
    "pandas",
    "scipy",
    "starlette",
    "torch",
    "transformers",
    "uvicorn",
    "yaml",
    "zstandard",
}

wheel = pytest.mark.skipif(os.environ.get("LINEAGE_UNDER_TEST") != "wheel", reason="`make test` installs the wheel")


def shipped_names() -> set[str]:
    """Return the paths that the installed distribution carries, its own metadata and compiled files left out."""
    files = importlib.metadata.files(DISTRIBUTION) or []
    names = {file.as_posix() for file in files if "__pycache__" not in file.parts}
    return {name for name in names if not name.startswith(("..", "hub_lineage-"))}


@wheel
@pytest.mark.parametrize("name", OURS)
def test_tests_run_against_the_wheel(name: str) -> None:
    """What the tests import is what was installed, not the working tree around them."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(sysconfig.get_path("purelib"))


@wheel
def test_our_names_are_ours_alone() -> None:
    """No other distribution ships a top-level name of ours, and we ship no other name."""
    owners = importlib.metadata.packages_distributions()
    assert {name: owners[name] for name in OURS} == {name: [DISTRIBUTION] for name in OURS}
    owned = {name for name, names in owners.items() if DISTRIBUTION in names}
    assert owned - {"__pycache__"} == set(OURS)


@wheel
def test_the_wheel_carries_every_file_of_the_packages() -> None:
    """The wheel carries the files of the packages and the pages of the documentation, and nothing else."""
    in_tree = {"cli.py"} | {
        path.relative_to(ROOT).as_posix()
        for name in OURS
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    pages = {f"lineage/pages/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert shipped_names() == in_tree | pages


@wheel
@pytest.mark.parametrize(
    "pattern",
    [r"cli\.py", r"lineage/py\.typed", r".*/lexicon\.yaml", r"store/sql/.*\.sql", r"store/migrations/.*\.sql"],
)
def test_the_wheel_carries_what_is_read_at_run_time(pattern: str) -> None:
    """Files that are opened and not imported are in the wheel."""
    assert any(re.fullmatch(pattern, name) for name in shipped_names())


@wheel
def test_the_command_is_installed() -> None:
    """`lineage` starts from the environment's own folder of scripts and says what it can do."""
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="lineage")
    assert entry.value == "cli:main"
    script = Path(sysconfig.get_path("scripts")) / "lineage"
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "crawl" in done.stdout


@wheel
def test_hf_runs_it_as_an_extension(tmp_path: Path) -> None:
    """`hf lineage ...` is `lineage ...`, with its answer and its exit code, once `hf` has noted the extension."""
    extension = ExtensionManifest(
        owner="elm",
        repo="hf-lineage",
        repo_id="elm/hf-lineage",
        short_name="lineage",
        executable_path=str(Path(sysconfig.get_path("scripts")) / "hf-lineage"),
        type="python",
        installed_at=datetime(2026, 3, 1, tzinfo=UTC),
        commit_sha="0" * 40,
    )
    folder = tmp_path / EXTENSIONS_ROOT.relative_to("~") / "hf-lineage"
    extension.save(folder)
    (folder / ".latest_commit").write_text("0" * 40)  # `hf` asks GitHub for a newer one once a day
    hf, home = Path(sysconfig.get_path("scripts")) / "hf", {**os.environ, "HOME": str(tmp_path)}
    for words, code, told in (
        (["crawl", "--help"], 0, "Usage: lineage crawl"),
        (["show", "elm/base", "--db", "none.duckdb"], 3, "lineage crawl"),
    ):
        done = subprocess.run(
            [hf, "lineage", *words], env=home, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == code, done.stderr
        assert told in done.stdout + done.stderr


@wheel
def test_the_wheel_says_its_licence_and_version() -> None:
    """The metadata name the licence by its SPDX identifier, carry its text, and agree with pyproject.toml."""
    metadata = importlib.metadata.metadata(DISTRIBUTION)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Version"] == project["version"]
    text = importlib.metadata.distribution(DISTRIBUTION).read_text("licenses/LICENSE")
    assert text == (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text


def test_help_is_answered_without_heavy_imports() -> None:
    """`lineage --help` loads no database, network, array or model library: that is why it answers at once."""
    program = "import cli; cli.main()"
    arguments = [sys.executable, "-X", "importtime", "-c", program, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    modules = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", done.stderr, re.MULTILINE)
    loaded = {module.partition(".")[0] for module in modules}
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def build(target: str, folder: Path) -> Path:
    """Build an archive of the working tree into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.iterdir()
    return built


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git lists the files of a checkout alone")
def test_the_source_archive_holds_what_its_tests_need(tmp_path: Path) -> None:
    """Every file of the checkout is in it: tests read the benchmarks, the documentation and the files of CI too."""
    git = shutil.which("git")
    assert git is not None
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    with tarfile.open(build("sdist", tmp_path)) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in listed.split("\0") if (ROOT / name).is_file()} - held == set()


@pytest.mark.parametrize("target", ["sdist", "wheel"])
def test_an_archive_is_built_twice_bit_for_bit(target: str, tmp_path: Path) -> None:
    """Whoever builds it can compare it with what was published."""
    once, again = (build(target, tmp_path / name) for name in ("once", "again"))
    assert once.read_bytes() == again.read_bytes()


def test_constraints_are_names_and_versions_only() -> None:
    """Every pin is name==version: no address, no local build, no duplicate."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*", line)] == []
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]
    assert sorted(set(names)) == sorted(names)


def test_constraints_pin_every_requirement() -> None:
    """Each direct requirement of the project and of its tools has a pin."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    requirements: list[str] = [*pyproject["build-system"]["requires"], *pyproject["project"]["dependencies"]]
    for group in pyproject["dependency-groups"].values():
        requirements += [requirement for requirement in group if isinstance(requirement, str)]
    for extra in pyproject["project"].get("optional-dependencies", {}).values():
        requirements += [requirement for requirement in extra if not requirement.startswith(DISTRIBUTION)]
    wanted = {
        re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement)[0]).lower() for requirement in requirements
    }
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    assert wanted - pinned == set()


def test_the_lock_holds_the_pins_with_their_hashes() -> None:
    """It names what the project needs without extras, in the versions of the constraints, each with SHA-256 hashes."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"^(\S+)==(\S+) \\\n(?=    --hash=sha256:[0-9a-f]{64})", text, re.MULTILINE))
    rest = re.sub(r"^(\S+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?)\n", "", text, flags=re.MULTILINE)
    assert rest == ""
    pins = (line.partition("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
    pinned = {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pins}
    assert {name: pinned.get(name) for name in locked} == locked
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = {re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", one)[0]).lower() for one in dependencies}
    assert wanted - set(locked) == set()


def test_the_bill_of_materials_is_that_of_the_lock(tmp_path: Path) -> None:
    """What `make sbom` runs names each package of the lock with its version and hashes, and is the same bytes twice."""
    recipe = re.search(
        r"^sbom:.*?cyclonedx-py (.*?)\n\n", (ROOT / "Makefile").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert recipe is not None
    words = shlex.split(recipe[1].replace("\\\n", " "))
    assert words[-2] == "--output-file"
    files = tmp_path / "once.cdx.json", tmp_path / "again.cdx.json"
    for file in files:
        command = [sys.executable, "-m", "cyclonedx_py", *words[:-1], str(file)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    written = files[0].read_text("utf-8")
    assert written == files[1].read_text("utf-8")
    bill = json.loads(written)
    assert (bill["metadata"]["component"]["name"], bill["specVersion"]) == (DISTRIBUTION, "1.6")
    listed = {
        f"{one['name']}=={one['version']}": {found["content"] for found in one["externalReferences"][0]["hashes"]}
        for one in bill["components"]
    }
    locked = re.findall(
        r"^(\S+==\S+) \\\n((?:    --hash.*\n?)+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    assert listed == {name: set(re.findall(r"sha256:(\w+)", hashes)) for name, hashes in locked}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
