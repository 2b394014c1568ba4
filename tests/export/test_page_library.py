"""The library that the page draws with is what its build says: whole, licensed, and without what a page may not do."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from codesign.export import webpage

TOOLS = Path(__file__).parents[2] / "tools" / "page"
PAGE = Path(webpage.__file__).parent / "page"
BUNDLE = PAGE / "vendor" / "three.js"


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    return json.loads((TOOLS / "manifest.json").read_text("utf-8"))


def test_the_bundle_is_what_the_build_made(manifest):
    assert hashlib.sha256(BUNDLE.read_bytes()).hexdigest() == manifest["bundle_sha256"], "npm run build in tools/page"
    assert hashlib.sha256((TOOLS / "three.js").read_bytes()).hexdigest() == manifest["entry_sha256"]


def test_versions_are_pinned_once_and_told(manifest):
    package = json.loads((TOOLS / "package.json").read_text("utf-8"))
    assert package["dependencies"] | package["devDependencies"] == {
        each: manifest[each] for each in ("three", "esbuild")
    }
    lock = json.loads((TOOLS / "package-lock.json").read_text("utf-8"))["packages"]
    for name in ("three", "esbuild"):
        assert lock[f"node_modules/{name}"]["version"] == manifest[name]
    assert not any("resolved" in each for each in lock.values()), "no registry is named"
    assert all("integrity" in each for name, each in lock.items() if name)


def test_the_bundle_names_its_version_and_carries_its_licence(manifest):
    header = BUNDLE.read_text("utf-8").partition("*/")[0]
    assert f"three.js {manifest['three']}" in header
    assert "The MIT License" in header
    assert "The above copyright notice and this permission notice shall be included in" in header


def test_the_page_uses_all_that_is_bundled_and_nothing_else():
    entry = re.sub(r"//.*", "", (TOOLS / "three.js").read_text("utf-8"))
    bundled = {name for names in re.findall(r"export \{([^}]*)\}", entry) for name in re.findall(r"\w+", names)}
    ours = "".join((PAGE / f"{name}.js").read_text("utf-8") for name in webpage.SCRIPTS if "/" not in name)
    assert set(re.findall(r"\bthree\.(\w+)", re.sub(r"//.*|from \S+", "", ours))) == bundled


@pytest.mark.parametrize(
    "forbidden", ["eval(", "new Function", "new Worker", "createObjectURL", "WebAssembly", "fetch(", "</script", "<!--"]
)
def test_the_bundle_needs_nothing_that_the_page_forbids(forbidden):
    assert forbidden not in BUNDLE.read_text("utf-8")
