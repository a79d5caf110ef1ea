"""The status and one preview. Streams are proved in test_stream.py."""

import simplejpeg

import scanner
from scanner.capture.events import Status
from tests.api.client import Client


def test_the_status_is_the_whole_snapshot(client: Client) -> None:
    status = Status.model_validate(client.get("/api/v1/status").json())
    assert status.version == scanner.__version__
    assert status.rig.facts is not None
    assert status.disk_free_bytes > 0


def test_a_preview_is_a_small_picture(client: Client) -> None:
    answer = client.get("/api/v1/preview.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    height, width, _ = simplejpeg.decode_jpeg(answer.content).shape
    assert 100 < width <= 1000
    assert height < width


def test_the_daemon_is_alive(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": scanner.__version__}
    assert client.request("HEAD", "/healthz").status_code == 200


def test_streams_answer_head_without_beginning(client: Client) -> None:
    for path, kind in (("events", "text/event-stream"), ("preview.mjpeg", "multipart/x-mixed-replace; boundary=frame")):
        answer = client.request("HEAD", f"/api/v1/{path}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith(kind)
        assert "content-length" not in answer.headers
