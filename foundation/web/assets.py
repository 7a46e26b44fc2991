"""Static files: read once, named by their content's hash, cached by browsers for good.

`suyuan.css` is served as `/static/suyuan.<hash>.css`; a changed file has a new address, so that a year of
caching is safe and no page ever meets a stylesheet of another version.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC = "/static"
_FOREVER = "public, max-age=31536000, immutable"
_HASH_LENGTH = 12
_TEXT_TYPES = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file as it is served."""

    name: str
    media_type: str
    body: bytes
    gzipped: bytes | None


class Assets:
    """All files of the given folders, in memory; folders are not searched deeper."""

    def __init__(self, *folders: Path) -> None:
        self._by_served_name: dict[str, Asset] = {}
        self._served_name: dict[str, str] = {}
        for folder in folders:
            for path in sorted(folder.iterdir()):
                if path.is_file():
                    self._add(path)

    def _add(self, path: Path) -> None:
        if path.name in self._served_name:
            raise ValueError(f"two static files are called {path.name}")
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        is_text = media_type.startswith(_TEXT_TYPES)
        served = f"{path.stem}.{digest}{path.suffix}"
        self._served_name[path.name] = served
        self._by_served_name[served] = Asset(
            name=path.name,
            media_type=f"{media_type}; charset=utf-8" if is_text else media_type,
            body=body,
            gzipped=gzip.compress(body, mtime=0) if is_text else None,
        )

    def url(self, name: str) -> str:
        """The address of a file by its plain name; KeyError where there is none."""
        return f"{STATIC}/{self._served_name[name]}"

    def route(self) -> Route:
        """The route that serves them; a name without the right hash is 404, never another version."""
        return Route(f"{STATIC}/{{name}}", self._serve, methods=["GET"])  # GET also answers HEAD

    async def _serve(self, request: Request) -> Response:
        asset = self._by_served_name.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        body = asset.body
        if asset.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = asset.gzipped, "gzip"
        return Response(body, media_type=asset.media_type, headers=headers)


ASSETS = Assets(Path(__file__).parent / "static")
