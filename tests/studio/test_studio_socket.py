"""What a page hears: cards, rows, sheets and findings as they come; and what a page may not do."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from served_pages import PATIENCE, Page, Served, add_sheet, finding, row
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from gansmith.ground.files.runfolder import RunFolder, append_row, cut_rows, read_rows
from gansmith.studio.watching import hub, readings
from gansmith.studio.watching.follow import Watched
from gansmith.studio.watching.history import History
from gansmith.studio.watching.hub import PICTURES, TEXTS, Hub, Outbox
from gansmith.studio.watching.readings import Tail, last_row, newest
from gansmith.studio.watching.socket import MOST_SOCKETS, MOST_UNKNOWN


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
            page = context.__enter__()
            opened.append(context)
            try:
                page.until("cards")
            except ConnectionClosed:
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


def test_sockets_without_a_token_lock_nobody_out(served: Served):
    address = f"ws://127.0.0.1:{served.port}/api/socket"
    with ExitStack() as stack:
        strangers = [stack.enter_context(connect(address)) for _ in range(MOST_UNKNOWN + MOST_SOCKETS)]
        with served.page() as page:
            assert page.until("cards")
        with pytest.raises(ConnectionClosed):
            strangers[0].recv(timeout=PATIENCE)  # who has waited longest makes room


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


def test_a_page_that_is_slow_at_large_messages_has_to_go_too(monkeypatch: pytest.MonkeyPatch):
    async def heard() -> list[object]:
        outbox = Outbox()
        for number in range(PICTURES + 3):  # the oldest are left out, and count no more
            outbox.put("picture", bytes([number]) * 150)
        found: list[object] = [await outbox.take() for _ in range(PICTURES)]
        outbox.put("rows", "x" * 900)
        found += [await outbox.take()]
        outbox.put("rows", "x" * 900)
        outbox.put("rows", "x" * 200)
        return [*found, await outbox.take()]

    monkeypatch.setattr(hub, "BYTES", 1000)
    *heard_before, at_last = asyncio.run(heard())
    assert None not in heard_before
    assert at_last is None


def test_nobody_listens_and_nothing_is_kept():
    Hub().publish({"kind": "job"})  # before the server runs


def test_a_hidden_page_hears_how_a_job_ended():
    async def told() -> list[str | bytes]:
        all_pages, outbox = Hub(), Outbox()
        all_pages.loop = asyncio.get_running_loop()
        all_pages.outboxes.add(outbox)
        outbox.hidden = True
        all_pages.publish({"kind": "job", "step": 5})
        all_pages.publish_picture({"kind": "job"}, b"x")
        all_pages.publish({"kind": "job", "done": True})
        all_pages.publish({"kind": "error", "error": "it did not train again"})
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
    assert newest(path, 2) == [{"update": 4998}, {"update": 4999}]
    assert len(list(read_rows(path))) == 5000


def written(path: Path, updates: range, **more: Any) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps({"update": n, "loss.generator": float(n % 7), **more}) + "\n" for n in updates)


def test_a_long_history_is_few_rows_with_their_peaks(tmp_path: Path):
    path = tmp_path / "stats.jsonl"
    history = History(path, 100)
    assert history.read() == ([], 0, 0)
    written(path, range(60))
    assert [row["update"] for row in history.read()[0]] == [*range(60)]
    written(path, range(60, 2500))
    append_row(path, {"update": 2500, "loss.generator": 99.0, "loss.penalty": None, "layers": {"a": [1]}})
    append_row(path, {"update": 2501, "loss.generator": -99.0})
    written(path, range(2502, 5000))
    rows, place, _ = history.read()
    assert place == path.stat().st_size
    assert 50 <= len(rows) <= 100
    assert (rows[0]["update"], rows[-1]["update"]) == (0, 4999)
    assert [row["update"] for row in rows] == sorted({row["update"] for row in rows})
    values = [row["loss.generator"] for row in rows]
    assert values.index(99.0) == values.index(-99.0) - 1  # in their order
    assert set(rows[0]) == {"update", "loss.generator"}
    cut_rows(path, 40)
    assert [row["update"] for row in history.read()[0]] == [*range(41)]


def test_a_long_run_is_sent_once_and_what_is_new_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readings, "CHUNK", 2**16)
    monkeypatch.setattr("gansmith.studio.watching.follow.CHUNK", 2**16)
    run = RunFolder(tmp_path)
    written(run.stats, range(10_000), layers={"a": [0] * 20})
    history = History(run.stats)
    read, piece = [], Tail.read
    monkeypatch.setattr(Tail, "read", lambda tail: read.append(tail.path.name) or piece(tail))
    told = []
    for watched in (Watched("one", run, history), Watched("one", run, history)):
        found = [json.loads(message) for kind, message in watched.look() if kind == "rows"]
        (message,) = found
        assert message["afresh"]
        assert 1000 <= len(message["rows"]) <= 2000
        told.append(message["rows"])
        assert [kind for kind, _ in watched.look()] == []
        pieces = read.count(run.stats.name)
    assert told[0] == told[1]
    assert pieces <= run.stats.stat().st_size / 2**16 + 6  # the second page costs no second reading
    written(run.stats, range(10_000, 10_002))
    (message,) = [json.loads(message) for _, message in watched.look()]
    assert [row["update"] for row in message["rows"]] == [10_000, 10_001]
    written(run.stats, range(10_002, 14_000), layers={"a": [0] * 20})  # it was hidden for long
    (message,) = [json.loads(message) for _, message in watched.look()]
    assert message["afresh"]
    assert (message["rows"][0]["update"], message["rows"][-1]["update"]) == (0, 13_999)
