"""The page: the files of web/, read once, so that no path of a request ever reaches the file system."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from scanner.errors import ConfigError

PLACEHOLDER = "{{version}}"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by their path in web/. `version` is a hash of all of them: another page has another address."""

    version: str
    files: Mapping[str, bytes]

    @property
    def index(self) -> bytes:
        """index.html, asking for the files of this version."""
        return self.files["index.html"].replace(PLACEHOLDER.encode(), self.version.encode())


def find_web() -> Path:
    """The folder of the page: inside the package when installed, beside it in a source checkout.

    Raises ConfigError.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "web", package.parent / "web"):
        if (folder / "index.html").is_file():
            return folder
    raise ConfigError("The files of the page (web/index.html) are missing.", "Install Focusrig again.")


def load(folder: Path) -> Assets:
    """Read the page from `folder`; only files of the types that the page is made of."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES and path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return Assets(digest.hexdigest()[:12], files)


def router(assets: Assets) -> APIRouter:
    """Routes of the page: `/` is asked for anew each time, `/ui/<version>/...` never changes."""
    routes = APIRouter(include_in_schema=False)

    @routes.head("/")
    @routes.get("/")
    async def index() -> Response:
        return Response(assets.index, media_type=MEDIA_TYPES[".html"], headers={"Cache-Control": "no-cache"})

    @routes.head("/ui/{version}/{path:path}")
    @routes.get("/ui/{version}/{path:path}")
    async def asset(version: str, path: str) -> Response:
        content = assets.files.get(path)
        if version != assets.version or content is None:
            raise HTTPException(404, "There is no such file in this version of the page.")
        return Response(content, media_type=MEDIA_TYPES[Path(path).suffix], headers={"Cache-Control": IMMUTABLE})

    return routes
