"""What is built holds what is needed: the wheel all of the package, the sdist all of the tests."""

import email
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from ipcom_chat import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "ipcom_chat"
NOT_SHIPPED = {"__pycache__", ".pyc"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel; what an editable installation lays beside it is none of its content."""
    folder = tmp_path_factory.mktemp("wheel")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return email.message_from_bytes(
        wheel.read(f"ipcom_chat-{__version__}.dist-info/METADATA"),
    )


def _files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder.parent))
        for path in folder.rglob("*")
        if path.is_file() and not NOT_SHIPPED & {*path.parts, path.suffix}
    }


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == _files(PACKAGE)
    assert "ipcom_chat/py.typed" in inside


def test_the_wheel_brings_the_program_and_its_licence(wheel: zipfile.ZipFile) -> None:
    folder = f"ipcom_chat-{__version__}.dist-info"
    assert "ipcom-chat = ipcom_chat.__main__:main" in wheel.read(
        f"{folder}/entry_points.txt"
    ).decode("utf-8")
    assert wheel.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_the_metadata_says_what_it_is(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("ipcom-chat", __version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Author"] == "The ipcom-chat authors"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert set(metadata.get_all("Provides-Extra", [])) == {"ai", "all", "semantic", "web"}
    payload = metadata.get_payload()
    assert isinstance(payload, str)
    assert payload.startswith("# ")


def test_the_sdist_holds_what_the_checks_and_tests_need(tmp_path: Path) -> None:
    built = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(built) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("src/ipcom_chat", "tests", "benchmarks", "docs", "deploy", "locks"):
        parent = f"{folder.rpartition('/')[0]}/" if "/" in folder else ""
        assert {f"{parent}{name}" for name in _files(ROOT / folder)} <= inside, folder
    assert {
        "pyproject.toml", "Makefile", "README.md", "README.pt-BR.md", "CHANGELOG.md",
        "CONTRIBUTING.md", "LICENSE", ".pre-commit-config.yaml",
    } <= inside  # fmt: skip
