"""The page is served whole, from memory, under an address of its own."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from scanner.api import assets
from tests.api.client import Client

HOSTILE = [
    "../index.html",
    "..%2findex.html",
    "%2e%2e/%2e%2e/etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "styles/../../secret.css",
    "styles%00.css",
    "notes.txt",
    ".hidden",
    "styles",
    "",
]


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "styles").mkdir(parents=True)
    (folder / "index.html").write_text('<script type="module" src="ui/{{version}}/app.js"></script>')
    (folder / "app.js").write_text("export const x = 1;")
    (folder / "styles" / "page.css").write_text("body {}")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "notes.txt").write_text("not of the page")
    (tmp_path / "secret.css").write_text("secret")
    return folder


def client_for(loaded: assets.Assets) -> Client:
    app = FastAPI(redirect_slashes=False)
    app.include_router(assets.router(loaded))
    return Client(app)


def test_the_index_names_the_version_and_is_asked_for_anew(web: Path) -> None:
    loaded = assets.load(web)
    answer = client_for(loaded).get("/")
    assert f'src="ui/{loaded.version}/app.js"' in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("app.js", "text/javascript; charset=utf-8"),
        ("styles/page.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_type_and_never_change(web: Path, path: str, kind: str) -> None:
    loaded = assets.load(web)
    for method in ("GET", "HEAD"):
        answer = client_for(loaded).request(method, f"/ui/{loaded.version}/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-length"] == str((web / path).stat().st_size)


@pytest.mark.parametrize("path", HOSTILE)
def test_nothing_else_is_served(web: Path, path: str) -> None:
    loaded = assets.load(web)
    assert client_for(loaded).get(f"/ui/{loaded.version}/{path}").status_code == 404


def test_another_version_is_another_address(web: Path) -> None:
    old = assets.load(web)
    (web / "app.js").write_text("export const x = 2;")
    new = assets.load(web)
    assert new.version != old.version
    assert client_for(new).get(f"/ui/{old.version}/app.js").status_code == 404


def test_the_version_knows_moved_bytes(web: Path) -> None:
    old = assets.load(web).version
    (web / "app.js").rename(web / "other.js")
    assert assets.load(web).version != old


def test_the_page_of_this_checkout_is_found() -> None:
    loaded = assets.load(assets.find_web())
    assert assets.PLACEHOLDER.encode() in loaded.files["index.html"]
    assert assets.PLACEHOLDER.encode() not in loaded.index
