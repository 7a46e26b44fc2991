"""An application with a made-up service, in process and on a real port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from foundation.web import RateLimiter, install_web
from public_query import Evidence, router
from tests.public_query.cases import BEIJING, NOW, FakeService

BROWSER_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def application(service: Evidence, limiter: RateLimiter | None = None, **options: Any) -> FastAPI:
    app = FastAPI()
    install_web(app)
    app.include_router(
        router(
            service,
            zone=BEIJING,
            limiter=limiter if limiter is not None else RateLimiter(per_second=1e6, burst=1e6),
            clock=lambda: NOW,
            **options,
        )
    )
    return app


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> TestClient:
    """A program: it accepts anything, and follows no redirect by itself."""
    return TestClient(application(service), base_url="https://suyuan.example", follow_redirects=False)


@pytest.fixture
def browser(service: FakeService) -> TestClient:
    """A browser: it prefers HTML."""
    return TestClient(
        application(service),
        base_url="https://suyuan.example",
        follow_redirects=False,
        headers={"Accept": BROWSER_ACCEPT},
    )


@pytest.fixture(scope="session")
def live_server() -> Iterator[str]:
    """The same application behind a real socket; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(application(FakeService()), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join(10)
