"""What a page hears: cards, rows, sheets and findings as they come; and what a page may not do."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from served_pages import PATIENCE, Page, Served, add_sheet, finding, row
from websockets.exceptions import ConnectionClosed, WebSocketException

from gansmith.ground.files.runfolder import RunFolder, append_row, cut_rows, read_rows
from gansmith.studio.watching.hub import PICTURES, TEXTS, Hub, Outbox
from gansmith.studio.watching.readings import Tail, last_row, thinned
from gansmith.studio.watching.socket import MOST_SOCKETS


def test_a_page_hears_of_a_run_as_it_grows(served: Served):
    run = RunFolder(served.folder / "deep" / "er")
    with served.page() as page:
        page.send({"watch": "deep/er"})
        rows = page.until("rows")
        assert rows["afresh"]
        assert [one["update"] for one in rows["rows"]] == [50, 100]
        assert "layers" not in rows["rows"][0]
        assert page.until("sheets")["sheets"] == [{"update": 0, "images_seen": 0, "seconds": 1.0}]
        sheet = page.until("sheet")
        assert sheet["update"] == 0
        assert sheet["bytes"] == run.sample_sheet(0).read_bytes()
        append_row(run.stats, row(150))
        rows = page.until("rows")
        assert [one["update"] for one in rows["rows"]] == [150]
        assert "afresh" not in rows
        add_sheet(run, 25)
        assert page.until("sheet")["update"] == 25
        append_row(run.findings, finding(150))
        assert page.until("finding")["finding"]["line"] == "balanced (certain): Fine."
        assert page.until(lambda one: one["kind"] == "cards" and _card(one, "deep/er")["update"] == 150)
        append_row(run.changes, {"at": 150, "back_to": 100, "change": {}})
        assert page.until("change")["row"]["back_to"] == 100
        cut_rows(run.stats, 100)
        again = page.until("rows")
        assert again["afresh"]
        assert [one["update"] for one in again["rows"]] == [50, 100]


def _card(message: dict, name: str) -> dict:
    return next(card for card in message["runs"] if card["name"] == name)


def test_a_hidden_page_hears_cards_alone_and_goes_on_without_a_gap(served: Served):
    run = RunFolder(served.folder / "small")
    with served.page() as page:
        page.send({"watch": "small"})
        page.until("sheet")
        page.send({"hidden": True})
        page.until(lambda one: one["kind"] == "cards")
        append_row(run.stats, row(200))
        hidden = page.until(lambda one: True)
        assert hidden["kind"] == "cards"
        page.send({"hidden": False})
        assert [one["update"] for one in page.until("rows")["rows"]] == [200]


def test_a_run_that_there_is_not_is_no_end(served: Served):
    with served.page() as page:
        for name in ("nowhere", "../small", 5, {}):
            page.send({"watch": name})
            assert "there is no" in page.until("error")["error"]
        page.send({"watch": None})
        page.send({"nonsense": 1})
        page.send("[1, 2]")
        page.send({"watch": "small"})
        assert page.until("rows")["afresh"]


def test_a_large_message_closes_the_socket(served: Served):
    with served.page() as page:
        page.until("cards")
        with pytest.raises(ConnectionClosed):
            flood(page, ["x" * (10 * 2**20)])
    assert served.get("/api/home")


def test_a_flood_of_messages_closes_the_socket(served: Served):
    with served.page() as page:
        page.until("cards")
        with pytest.raises(ConnectionClosed):
            flood(page, [{"watch": None}] * 1000)
    assert served.get("/api/home")


def flood(page: Page, messages: list[Any]) -> None:
    """Send without waiting, then hear until the end."""
    for message in messages:
        page.send(message)
    while True:
        page.hear()


def test_so_many_sockets_and_no_more(served: Served):
    opened, refused = [], 0
    try:
        for _ in range(MOST_SOCKETS + 10):
            context = served.page()
            try:
                context.__enter__()
                opened.append(context)
            except (WebSocketException, OSError):
                refused += 1
        assert refused >= 10
        assert served.get("/api/home")
    finally:
        for context in opened:
            context.__exit__(None, None, None)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:  # there is room again
        try:
            with served.page() as page:
                assert page.until("cards")
            return
        except (WebSocketException, OSError):
            continue
    pytest.fail("no socket was free again")


# ---- what waits for a page, and what is read for it


def test_a_slow_page_misses_the_oldest_pictures_and_no_row():
    outbox = Outbox()
    for number in range(20):
        outbox.put("picture", bytes([number]))
        outbox.put("rows", f"row {number}")
        outbox.put("cards", f"cards {number}")
    waiting = [message for _, message in outbox.waiting]
    assert [message for message in waiting if isinstance(message, bytes)] == [
        bytes([n]) for n in range(20 - PICTURES, 20)
    ]
    assert [message for message in waiting if str(message).startswith("row")] == [
        f"row {number}" for number in range(20)
    ]
    assert [message for message in waiting if str(message).startswith("cards")] == ["cards 19"]
    for number in range(TEXTS):
        outbox.put("rows", f"more {number}")
    assert len(outbox.waiting) == TEXTS
    assert asyncio.run(outbox.take()) is None  # it has to go, and come back


def test_nobody_listens_and_nothing_is_kept():
    Hub().publish({"kind": "job"})  # before the server runs


def test_a_hidden_page_hears_how_a_job_ended():
    async def told() -> list[str | bytes]:
        hub, outbox = Hub(), Outbox()
        hub.loop = asyncio.get_running_loop()
        hub.outboxes.add(outbox)
        outbox.hidden = True
        hub.publish({"kind": "job", "step": 5})
        hub.publish_picture({"kind": "job"}, b"x")
        hub.publish({"kind": "job", "done": True})
        hub.publish({"kind": "error", "error": "it did not train again"})
        await asyncio.sleep(0)
        return [message for _, message in outbox.waiting]

    assert [json.loads(message).get("done") for message in asyncio.run(told())] == [True, None]


def test_rows_are_read_as_they_come(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    tail = Tail(path)
    assert tail.read() == ([], False)
    append_row(path, {"update": 1})
    with path.open("a") as file:
        file.write('{"update": 2')
    assert tail.read() == ([{"update": 1}], False)
    assert tail.read() == ([], False)
    with path.open("a") as file:
        file.write("}\nno row\n[3]\n")
    assert tail.read() == ([{"update": 2}], False)
    cut_rows(path, 1)
    assert tail.read() == ([{"update": 1}], True)
    path.unlink()
    assert tail.read() == ([], True)


def test_the_last_row_and_some_of_many(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    assert last_row(path) is None
    path.write_text("".join(json.dumps({"update": n, "layers": {}}) + "\n" for n in range(5000)) + '{"update": 50')
    assert last_row(path) == {"update": 4999, "layers": {}}
    rows = thinned(path, 100)
    assert 90 <= len(rows) <= 100
    assert rows[0] == {"update": 0}
    assert [row["update"] for row in rows] == sorted(row["update"] for row in rows)
    assert len(list(read_rows(path))) == 5000
