"""The files of the page: none asks the internet for anything, none writes markup from text, each stays small."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scanner.api.app import PREFIX, create_app
from scanner.daemon import Daemon

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
FILES = sorted(path for path in WEB.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
ELEMENTS = sorted((WEB / "elements").glob("*.js"))
MAX_LINES = 200

NAMESPACE = "http://www.w3.org/2000/svg"
OUTSIDE = re.compile(r'(?:[a-z]+:)?//[a-z0-9-]+\.[a-z]|url\(|@import|\bimport\((?!"\.{1,2}/)|\bdata:', re.IGNORECASE)
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTMLUnsafe|\beval\b|new Function"
)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
PATH_TABLE = re.compile(r"export const paths = Object\.freeze\(\{(.*?)\}\);", re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def paths_of_page() -> Mapping[str, str]:
    """The table of paths in api.js."""
    table = PATH_TABLE.search((WEB / "api.js").read_text("utf-8"))
    assert table, "api.js has lost its table of paths"
    return dict(re.findall(r'(\w+): "([^"]+)"', table[1]))


def nameless(path: str) -> str:
    """A path with its parameters unnamed: the page and the daemon may call them differently."""
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_path_of_the_page_is_in_the_openapi_document(daemon: Daemon) -> None:
    app = create_app(daemon)
    known = {nameless(path) for path in app.openapi()["paths"]} | {app.openapi_url}
    asked = {key: nameless(PREFIX + path) for key, path in paths_of_page().items()}
    assert len(asked) > 15
    assert {key: path for key, path in asked.items() if path not in known} == {}


def test_api_js_is_the_only_place_that_knows_paths() -> None:
    others = [path for path in SCRIPTS if path.name != "api.js"]
    assert [name(path) for path in others if "api/v1" in path.read_text("utf-8")] == []
    assert [name(path) for path in others if re.search(r"\bfetch\(", path.read_text("utf-8"))] == []


def test_every_path_in_the_table_is_used() -> None:
    source = "".join(path.read_text("utf-8") for path in SCRIPTS if path.name != "api.js")
    assert [key for key in paths_of_page() if f'"{key}"' not in source] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_names_an_outside_origin(path: Path) -> None:
    text = path.read_text("utf-8").replace(NAMESPACE, "")
    assert OUTSIDE.findall(text) == []


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in {".js", ".html"}], ids=name)
def test_text_is_never_read_as_markup(path: Path) -> None:
    assert MARKUP.findall(path.read_text("utf-8")) == []


def test_the_document_keeps_to_the_content_security_policy() -> None:
    assert INLINE.findall((WEB / "index.html").read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_are_small_and_type_checked(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "// @ts-check"
    assert len(lines) <= MAX_LINES


@pytest.mark.parametrize("path", ELEMENTS, ids=name)
def test_a_file_holds_one_element_named_like_it(path: Path) -> None:
    text = path.read_text("utf-8")
    defined = re.findall(r'customElements\.define\("([a-z-]+)", (\w+)\)', text)
    class_name = "".join(word.capitalize() for word in path.stem.split("-"))
    assert defined == [(path.stem, class_name)]
    assert re.findall(r"class (\w+) extends HTMLElement", text) == [class_name]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_every_import_is_a_file_of_the_page(path: Path) -> None:
    for target in re.findall(r'(?:from|^import) "([^"]+)"', path.read_text("utf-8"), re.MULTILINE):
        assert target.startswith("."), f"{name(path)} imports {target}"
        assert (path.parent / target).resolve().is_file(), f"{name(path)} imports {target}, which is missing"


def test_the_document_loads_every_style_of_this_version() -> None:
    linked = set(re.findall(r'href="ui/\{\{version\}\}/(styles/[^"]+)"', (WEB / "index.html").read_text("utf-8")))
    assert linked == {name(path) for path in FILES if path.suffix == ".css"}


def test_every_script_is_reached_from_app_js() -> None:
    reached: set[Path] = set()
    waiting = [WEB / "app.js"]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            targets = re.findall(r'(?:from|^import) "([^"]+)"', path.read_text("utf-8"), re.MULTILINE)
            waiting += [(path.parent / target).resolve() for target in targets]
    assert {name(path) for path in SCRIPTS} - {name(path) for path in reached} == {"types.js"}


def test_every_action_that_an_element_sends_is_listened_to() -> None:
    sent = {event for path in ELEMENTS for event in re.findall(r'emit\(\w+, "([a-z-]+)"', path.read_text("utf-8"))}
    sent |= set(
        re.findall(r'#action\("\w+", "\w+", "([a-z-]+)"', (WEB / "elements/scan-buttons.js").read_text("utf-8"))
    )
    tables = [path.read_text("utf-8") for path in sorted((WEB / "actions").glob("*.js"))]
    table = {event for text in tables for event in re.findall(r'^ {6}"([a-z-]+)":', text, re.MULTILINE)}
    assert all(re.fullmatch(r"[a-z]+-[a-z]+", event) for event in sent)
    assert sent - {"move-divider"} == table


def test_oxlint_finds_nothing() -> None:
    found = subprocess.run(
        [Path(sys.executable).parent / "oxlint", "web"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout
