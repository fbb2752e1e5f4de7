"""The documentation as a site: built without a warning, whole, and of nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import saps.lang
from tests.docs.console import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe)[^>]*\ssrc="(https?:)?//|<link[^>]*rel="(?:stylesheet|preconnect|icon)"[^>]*href="(https?:)?//"""
    )
    pages = list(site.glob("**/*.html"))
    assert len(pages) > 30
    assert [page.name for page in pages if loads.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", sorted(set(saps.__all__) - {"__version__"}))
def test_every_public_name_is_on_the_one_page_of_the_api(site: Path, name: str) -> None:
    page = (site / "api" / "saps.html").read_text(encoding="utf-8")
    assert re.search(rf'id="saps\.[a-z_.]*{name}"', page) is not None


@pytest.mark.parametrize("name", sorted(set(saps.lang.__all__) - set(saps.__all__)))
def test_every_other_name_of_the_language_is_on_its_page(site: Path, name: str) -> None:
    page = (site / "api" / "lang.html").read_text(encoding="utf-8")
    assert re.search(rf'id="saps\.lang\.[a-z_.]*{name}"', page) is not None


def test_no_api_page_is_empty(site: Path) -> None:
    for page in (ROOT / "docs" / "api").glob("*.md"):
        wanted = re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        built = (site / "api" / f"{page.stem}.html").read_text(encoding="utf-8")
        assert wanted
        assert [name for name in wanted if f'id="{name}"' not in built] == []


def test_what_is_copied_from_a_console_block_are_its_commands(site: Path) -> None:
    page = (site / "start.html").read_text(encoding="utf-8")
    assert 'class="gp">$ </span>' in page
    assert 'class="go">' in page
    assert 'href="stylesheets/console.css"' in page
    styles = (site / "stylesheets" / "console.css").read_text(encoding="utf-8")
    hidden = re.search(r"\*/(.*)\{\s*display: none;\s*\}", styles, re.DOTALL)
    assert hidden is not None
    assert re.findall(r"\[data-md-copying\] \.(\w+)", hidden[1]) == ["gp", "go"]
