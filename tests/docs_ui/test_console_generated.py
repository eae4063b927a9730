"""The console with the document that the application writes itself, before that application."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect
from websockets.asyncio.client import connect

from tests.docs_ui.console_document import EXAMPLE
from tests.docs_ui.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser


async def expect_all_known(visit: Visit, count: int) -> None:
    """Check that *count* frames have come, each as in the contract."""
    await expect(visit.page.get_by_role("img", name="as in the contract")).to_have_count(count)
    await expect(visit.page.locator(".log")).not_to_contain_text("not in the contract")
    received = [entry["kind"] for entry in await visit.log()]
    assert len([kind for kind in received if kind not in ("sent", "open", "opened", "closed")]) == count
    assert visit.complaints == []


async def test_the_page_shows_the_generated_document(visit: Visit) -> None:
    await visit.page.goto(f"{visit.url}/asyncapi")
    await expect(visit.page.locator("#operations")).to_be_visible(timeout=PATIENCE * 1000)
    names = visit.page.locator("#operations h3:visible > span:last-child")
    shown = await names.all_inner_texts()
    assert {"order.place · /kitchen/{station}", "talk.told · /talk", "sensor.* · /album"} <= set(shown)
    reserved = [name.startswith("nexws.") for name in shown]
    assert reserved == sorted(reserved)
    await expect(visit.page.get_by_role("columnheader", name="Kept of each group").first).to_be_visible()
    assert visit.complaints == []
    assert visit.sockets == []


async def test_an_event_is_answered(visit: Visit) -> None:
    """A reply, errors at the fields that they name, and a failure of the application's own."""
    await visit.generated("Kitchen", "order.place")
    assert visit.sockets == []
    await visit.page.get_by_label("{station}").fill("grill")
    await visit.connect()
    await visit.send()
    await expect(visit.outcome).to_have_text(re.compile(r"Answered after [\d.]+ m?s\."))
    await expect_all_known(visit, 1)
    table = visit.page.get_by_label("table", exact=True)
    await table.fill("77")
    await visit.send()
    await expect(table).to_have_accessible_description(re.compile("Input should be less than or equal to 40"))
    await visit.choose("order.cancel")
    await visit.write({"number": 5})
    await visit.send()
    await expect(visit.outcome).to_have_text("order_gone: order 5 has left the kitchen")
    await expect_all_known(visit, 3)


async def test_a_stream_goes_to_its_end(visit: Visit) -> None:
    await visit.generated("Kitchen", "kitchen.watch")
    await visit.page.get_by_label("{station}").fill("grill")
    await visit.connect()
    await visit.write({"limit": 3})
    await visit.send()
    await expect(visit.outcome).to_contain_text("The stream ended with 3 items after")
    await expect_all_known(visit, 4)


async def test_what_another_client_causes_is_a_push(visit: Visit) -> None:
    await visit.generated("Kitchen", "order.place")
    await visit.page.get_by_label("{station}").fill("grill")
    await visit.connect()
    async with connect(f"ws{visit.url.removeprefix('http')}/kitchen/pastry", proxy=None) as other:
        await other.send(json.dumps({"event": "order.place", "data": EXAMPLE}))
        await expect(visit.rows("push")).to_contain_text('"station":"pastry"')
    await expect_all_known(visit, 1)


@pytest.mark.outside_contract("such frames are what it is about", '"colour"|"station":7|kitchen.secret')
async def test_what_is_not_declared_is_flagged(visit: Visit) -> None:
    await visit.generated("Kitchen", "kitchen.whisper")
    await expect(visit.page.get_by_text("This event carries no payload.")).to_be_visible()
    await visit.page.get_by_label("{station}").fill("grill")
    await visit.connect()
    await visit.send()
    flagged = visit.rows("push").filter(has_text="not in the contract")
    await expect(flagged).to_have_count(2)  # a payload may say more than its model: clients are to be patient
    await expect(flagged.first).to_contain_text("data.station is an integer, not string")


async def test_parameters_without_a_value_are_asked_for(visit: Visit) -> None:
    """Also by a channel that is chosen when the settings are out of sight."""
    await visit.generated("Talk", "talk.say")
    await visit.connect()
    await visit.page.get_by_role("button", name="Disconnect").click()
    await visit.page.get_by_label("Channel").select_option("Kitchen")
    await expect(visit.page.get_by_label("{station}")).to_be_visible()


async def test_flat_frames_are_written_and_read(visit: Visit) -> None:
    await visit.generated("Talk", "talk.say")
    await visit.connect()
    text = visit.page.get_by_label("text", exact=True)
    await text.fill("good evening")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    (sent,) = [entry["frame"] for entry in await visit.log() if entry["kind"] == "sent"]
    assert sent == {"type": "talk.say", "text": "good evening", "id": "1"}
    await expect_all_known(visit, 2)
    await text.fill("")
    await visit.send()
    await expect(text).to_have_accessible_description(re.compile("at least 1 character"))
    await visit.choose("talk.listen")
    await visit.write({"limit": 2})
    await visit.send()
    await expect(visit.outcome).to_contain_text("The stream ended with 2 items after")
    await expect_all_known(visit, 6)


@pytest.mark.parametrize(
    ("channel", "subprotocol"), [("Album", "nexws.json"), ("Album", "nexws.msgpack"), ("Probe", "")]
)
async def test_bytes_go_and_come_in_every_encoding(visit: Visit, channel: str, subprotocol: str) -> None:
    """Behind a header in JSON, in the frame in MessagePack."""
    await visit.generated(channel, "photo.negative")
    await visit.page.get_by_label("Subprotocols").fill(subprotocol)
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await expect(visit.state).to_have_text(f"Connected, {subprotocol}" if subprotocol else "Connected")
    await visit.page.locator(".bytes-pane").get_by_role("textbox").fill("negative")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    await visit.choose("photo.add")
    await visit.page.locator(".bytes-pane").get_by_role("textbox").fill("seven b")
    await visit.send()
    await expect(visit.request("photo.add").locator('[data-kind="reply"]')).to_contain_text("7")
    await expect_all_known(visit, 3)
    await expect(visit.page.get_by_text("Browsers set no headers")).to_have_count(0)


async def test_an_event_of_a_family_has_a_name(visit: Visit) -> None:
    await visit.generated("Album", "sensor.*")
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await visit.write(1.5)
    name = visit.page.get_by_label("Name: sensor.…")
    await visit.send()
    await expect(name).to_have_accessible_description("is needed")
    await expect(name).to_be_focused()
    await name.fill("cellar")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    await expect(visit.request("sensor.cellar")).to_contain_text("sensor.cellar is 1.5")
    await expect(name).not_to_have_attribute("aria-invalid", "true")
    await expect_all_known(visit, 1)


async def test_declared_parameters_of_the_query_are_asked_for(visit: Visit) -> None:
    """With their defaults and choices; what may be sent several times, line by line."""
    await visit.generated("Menu", "menu.wanted")
    field = visit.page.get_by_label
    await expect(field("?order").get_by_role("option")).to_have_text(["", "oldest", "newest"])
    await expect(field("?order")).to_have_value("newest")
    await expect(field("?mine").get_by_role("option")).to_have_text(["", "true", "false"])
    await expect(visit.page.get_by_text("What to tell of. Several, one in each line.")).to_be_visible()
    await expect(visit.page.get_by_text("The cookie theme goes along by itself")).to_be_visible()
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await expect(field("?since")).to_have_accessible_description("is needed")
    await field("?since").fill("7")
    await field("?dish").fill("soup\ncake & cream\n")
    await field("?order").select_option("oldest")
    await visit.connect()
    assert visit.sockets[-1].endswith("/menu?dish=soup&dish=cake%20%26%20cream&since=7&order=oldest")
    await visit.send()
    reply = visit.request("menu.wanted").locator('[data-kind="reply"]')
    await expect(reply).to_contain_text("cake & cream")
    await expect_all_known(visit, 1)


async def test_what_is_refused_for_its_query_is_told(visit: Visit) -> None:
    await visit.generated("Menu", "menu.wanted")
    await visit.page.get_by_label("?since").fill("noon")
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await expect(visit.state).to_contain_text("Closed: 1006 ABNORMAL")


async def test_a_header_that_is_needed_cannot_be_sent_from_here(visit: Visit) -> None:
    await visit.generated("Staff", "staff.name")
    text = "Browsers set no headers on a WebSocket, so X-Waiter cannot be sent from here."
    await expect(visit.page.get_by_text(text)).to_be_visible()
    needed = visit.page.get_by_text("The server refuses who connects without X-Waiter.")
    await expect(needed).to_be_visible()
    await visit.page.get_by_label("Channel").select_option("Menu")
    await expect(needed).to_have_count(0)


@pytest.mark.parametrize(("channel", "pos"), [("Board  /board", "pos"), ("Reader  /reader", "$pos")])
async def test_a_push_that_is_kept_is_in_the_contract_with_its_position(
    visit: Visit, channel: str, pos: str
) -> None:
    """As is the push that tells who is there."""
    await visit.generated(channel, "board.write")
    await visit.connect()
    await expect(visit.rows("push").filter(has_text="nexws.presence")).to_have_count(1)
    await visit.write({"text": "hello"})
    await visit.send()
    written = visit.rows("push").filter(has_text="board.written")
    await expect(written.locator(".preview")).to_have_text('{"text":"hello"}')
    await expect(visit.page.get_by_role("img", name="as in the contract")).to_have_count(3)
    (frame,) = [each["frame"] for each in await visit.log() if each.get("event") == "board.written"]
    assert re.fullmatch(r"[\w.]+:\d+", frame[pos])
    assert visit.complaints == []


async def test_the_protocols_events_are_folded_away(visit: Visit) -> None:
    """They are the last, and found by who searches for them."""
    await visit.generated("Board  /board", "board.write")
    options, fold = visit.events.get_by_role("option"), visit.page.get_by_role("button", name="Protocol")
    await expect(options).to_have_count(1)
    await expect(fold).to_have_attribute("aria-expanded", "false")
    await fold.click()
    await expect(options.locator("b")).to_have_text(["board.write", "nexws.resume", "nexws.ping"])
    await fold.click()
    await expect(options).to_have_count(1)
    await visit.page.get_by_label("Search events").fill("ping")
    await expect(options.locator("b")).to_have_text(["nexws.ping"])
    await expect(fold).to_be_hidden()
    await options.click()
    await visit.page.reload()
    await expect(visit.events.get_by_role("option", selected=True)).to_contain_text("nexws.ping")


async def test_a_ping_is_shown_with_what_answers_it(visit: Visit) -> None:
    """A reply, where it has a ref; otherwise nexws.pong."""
    await visit.generated("Kitchen", "order.place")
    await visit.page.get_by_label("{station}").fill("grill")
    await visit.connect()
    await visit.page.get_by_role("button", name="Protocol").click()
    await visit.choose("nexws.ping")
    for number, (ref, kind) in enumerate((("7", "reply"), ("", "push"), ("", "push")), 1):
        await visit.page.get_by_label("ref", exact=True).fill(ref)
        await visit.send()
        await expect(visit.outcome).to_have_text(re.compile(r"Answered after [\d.]+ m?s\."))
        group = visit.request("nexws.ping").nth(number - 1)
        await expect(group.locator(f'.row[data-kind="{kind}"]')).to_have_count(1)
        await expect(group.get_by_text("nexws.pong")).to_have_count(int(kind == "push"))
    await expect_all_known(visit, 3)
