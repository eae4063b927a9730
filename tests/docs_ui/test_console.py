"""The console in Chromium, before a real server: connecting, sending, and what comes back."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect
from websockets.asyncio.client import connect

from tests.docs_ui.console_document import EXAMPLE, Json
from tests.docs_ui.visit import Visit, push

pytestmark = pytest.mark.browser

# --- connecting


async def test_nothing_connects_by_itself(visit: Visit) -> None:
    """Not when the console is opened, and not when it is used, or comes back with all that was written."""
    await visit.console()
    await visit.choose("kitchen.watch")
    await visit.write({"limit": 2})
    await visit.page.keyboard.press("Control+Enter")
    await visit.page.reload()
    await expect(visit.page.get_by_role("heading", name="kitchen.watch")).to_be_visible()
    await expect(visit.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await expect(visit.state).to_have_text("Not connected")
    assert visit.sockets == []


async def test_a_connection_has_the_parameters_that_were_chosen(visit: Visit) -> None:
    await visit.console()
    await visit.page.get_by_label("{station}").select_option("pastry")
    await visit.page.get_by_label("?language").select_option("fr")
    await expect(visit.page.locator(".address")).to_contain_text("/kitchen/pastry?language=fr")
    await visit.connect()
    assert visit.sockets[0].endswith("/kitchen/pastry?language=fr")


async def test_a_token_is_sent_and_never_kept_or_shown(visit: Visit) -> None:
    await visit.console()
    await visit.page.get_by_label("Token").fill("s3cret&more")
    await visit.connect()
    assert visit.sockets[0].endswith("/kitchen/grill?token=s3cret%26more")
    await expect(visit.rows("opened")).to_contain_text("token=•••")
    await expect(visit.page.locator("body")).not_to_contain_text("s3cret")
    stored: str = await visit.page.evaluate(
        "() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }])"
    )
    assert "s3cret" not in stored


async def test_a_token_may_go_as_subprotocol(visit: Visit) -> None:
    """Browsers set no headers, which is said where one is declared."""
    await visit.console()
    await visit.page.add_init_script(
        "window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.given = given } }"
    )
    await visit.page.reload()
    await expect(visit.page.get_by_text("x-tenant cannot be sent from here")).to_be_visible()
    await visit.page.get_by_label("Subprotocols").fill("one, two")
    await visit.page.get_by_label("Token").fill("s3cret")
    await visit.page.get_by_label("Sent as").select_option("the last subprotocol")
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await expect(visit.rows("closed")).to_have_count(1)
    assert (await visit.page.evaluate("() => window.given"))[1] == ["one", "two", "s3cret"]
    stored: str = await visit.page.evaluate("() => JSON.stringify({ ...sessionStorage })")
    assert "s3cret" not in stored


async def test_a_parameter_that_is_needed_is_asked_for(visit: Visit) -> None:
    def change(document: Json) -> None:
        document["channels"]["Kitchen"]["parameters"]["station"] = {"description": "str"}

    await visit.console(change)
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    field = visit.page.get_by_label("{station}")
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description("is needed")
    await field.fill("salad bar")
    await visit.connect()
    assert visit.sockets[-1].endswith("/kitchen/salad%20bar")


async def test_a_close_code_is_shown_with_its_meaning(visit: Visit) -> None:
    """It stays closed until somebody connects again."""
    await visit.console()
    await visit.connect()
    await visit.choose("kitchen.close")
    await visit.send()
    await expect(visit.state).to_have_text("Closed: 4010 KITCHEN_CLOSED “the kitchen is closed”")
    await expect(visit.page.locator(".connect .status")).to_contain_text(
        "Nobody cooks at this hour. Come back"
    )
    await expect(visit.rows("closed")).to_contain_text("4010 KITCHEN_CLOSED")
    await expect(visit.outcome).to_contain_text("The connection ended before the answer.")
    await expect(visit.request("kitchen.close")).to_contain_text("no answer")
    assert len(visit.sockets) == 1
    await visit.connect()
    await visit.page.get_by_role("button", name="Disconnect").click()
    await expect(visit.state).to_have_text("Closed: 1000 NORMAL")


async def test_another_channel_has_its_own_events(visit: Visit) -> None:
    """What is sent goes to the channel that the connection is to, or nowhere."""

    def change(document: Json) -> None:
        document["channels"]["Bar"] = {
            "address": "/bar",
            "messages": {"drink.pour": {"$ref": "#/components/messages/Kitchen.order.cancel"}},
        }

    await visit.console(change)
    await visit.connect()
    await visit.page.get_by_label("Channel").select_option("Bar  /bar")
    await expect(visit.events.get_by_role("option")).to_have_text(["order.cancelTake an order back"])
    await expect(visit.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await expect(visit.page.get_by_text("The connection is to /kitchen/{station}.")).to_be_visible()
    await visit.page.get_by_role("button", name="Disconnect").click()
    await expect(visit.page.get_by_text("Connect first.")).to_be_visible()
    await expect(visit.page.locator(".address")).to_contain_text("/bar")


async def test_a_server_that_refuses_is_told(visit: Visit) -> None:
    def change(document: Json) -> None:
        document["channels"]["Kitchen"]["address"] = "/nowhere/{station}"

    await visit.console(change)
    await visit.page.locator(".connect").get_by_role("button", name="Connect").click()
    await expect(visit.state).to_contain_text("Closed: 1006 ABNORMAL")


# --- sending, and what comes back


async def test_an_event_is_answered_with_its_reply(visit: Visit) -> None:
    """The reply is beneath what it answers, with the time that it took, and fits the contract."""
    await visit.console()
    await visit.connect()
    await visit.send()
    await expect(visit.outcome).to_have_text(re.compile(r"Answered after [\d.]+ m?s\."))
    request = visit.request("order.place")
    await expect(request).to_contain_text('"table":7')
    reply = request.locator('[data-kind="reply"]')
    await expect(reply).to_contain_text('"total":9')
    await expect(reply.locator(".took")).to_have_text(re.compile(r"[\d.]+ m?s"))
    await expect(reply.get_by_role("img", name="as in the contract")).to_be_visible()
    sent, answer = [entry for entry in await visit.log() if entry["kind"] in ("sent", "reply")]
    assert sent["frame"] == {"event": "order.place", "data": EXAMPLE, "ref": "1"}
    assert answer["frame"]["ref"] == "1"
    await expect(visit.page.get_by_label("ref", exact=True)).to_have_value("2")


async def test_an_event_without_a_ref_is_not_answered(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    await visit.page.get_by_label("ref", exact=True).fill("")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Sent without a ref")
    assert "ref" not in (await visit.log())[-1]["frame"]
    await visit.page.get_by_role("button", name="A fresh ref").click()
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")


async def test_a_failure_is_shown_at_the_fields_that_it_names(visit: Visit) -> None:
    """Also in a list, and in one form of several; changing the field takes it away."""
    await visit.console()
    await visit.connect()
    page = visit.page
    await page.get_by_label("table", exact=True).fill("77")
    await page.get_by_label("quantity", exact=True).fill("many")
    await page.get_by_label("number", exact=True).fill("42")
    await expect(
        page.get_by_text("Does not fit the contract: table is 77, more than 40, and 2 more")
    ).to_be_visible()
    await visit.send()
    await expect(visit.outcome).to_contain_text(
        "invalid_payload: the payload of event 'order.place' is not valid"
    )
    for label, text in (
        ("table", "Input should be less than or equal to 40"),
        ("quantity", "Input should be a valid integer"),
        ("number", "String should match pattern '^[0-9]{4}$'"),
    ):
        field = page.get_by_label(label, exact=True)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(re.escape(text)))
    await expect(page.get_by_label("table", exact=True)).to_be_focused()
    await expect(visit.request("order.place").locator("summary").first).to_contain_text('"table":77')
    await page.get_by_label("table", exact=True).fill("7")
    await expect(page.get_by_label("table", exact=True)).not_to_have_attribute("aria-invalid", "true")
    await visit.outcome.get_by_role("button", name="items[0].quantity").click()
    await expect(page.get_by_label("quantity", exact=True)).to_be_focused()


async def test_a_failure_of_no_field_is_told_with_its_code(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    await visit.choose("order.cancel")
    await visit.page.get_by_label("number", exact=True).fill("5")
    await visit.send()
    await expect(visit.outcome).to_have_text("order_gone: order 5 has left the kitchen")
    failure = visit.request("order.cancel").locator('[data-kind="failure"]')
    await expect(failure.get_by_role("img", name="as in the contract")).to_be_visible()
    await failure.locator("summary").click()
    await expect(failure).to_contain_text('"minutes": 3')


async def test_a_stream_is_shown_to_its_end(visit: Visit) -> None:
    """Of many items the newest are shown, and the others on request."""
    await visit.console()
    await visit.connect()
    await visit.choose("kitchen.watch")
    await visit.write({"limit": 9})
    await visit.send()
    await expect(visit.outcome).to_contain_text("The stream ended with 9 items after")
    request = visit.request("kitchen.watch")
    await expect(request.locator('[data-kind="item"]:visible')).to_have_count(5)
    await request.get_by_role("button", name="4 earlier answers").click()
    await expect(request.locator('[data-kind="item"]:visible')).to_have_count(9)
    await expect(request.locator('[data-kind="done"]')).to_be_visible()
    await expect(request.get_by_role("button", name="Cancel")).to_be_hidden()


async def test_a_stream_can_be_cancelled(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    await visit.choose("kitchen.watch")
    await visit.send()
    request = visit.request("kitchen.watch")
    await expect(request.locator('[data-kind="item"]')).not_to_have_count(0)
    await expect(request).to_contain_text("streaming, ")
    await request.get_by_role("button", name="Cancel").click()
    await expect(visit.outcome).to_contain_text("The stream ended with")
    await expect(request.locator('[data-kind="cancel"]')).to_have_count(1)
    await expect(request.locator('[data-kind="done"]')).to_have_count(1)
    cancelled = [entry["frame"] for entry in await visit.log() if entry["kind"] == "cancel"]
    assert cancelled == [{"event": "nexws.cancel", "ref": "1"}]


async def test_what_another_client_causes_is_a_push(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    async with connect(f"ws{visit.url.removeprefix('http')}/kitchen/pastry", proxy=None) as other:
        await other.send(json.dumps({"event": "order.place", "data": {**EXAMPLE, "table": 12}}))
        push = visit.rows("push")
        await expect(push).to_contain_text('"station":"pastry"')
        await expect(push).to_contain_text('"table":12')
        await expect(push.get_by_role("img", name="as in the contract")).to_be_visible()


@pytest.mark.outside_contract("such frames are what it is about", '"colour"|"station":7|kitchen.secret')
async def test_a_frame_that_the_document_does_not_know_is_flagged(visit: Visit) -> None:
    """With the reasons: a wrong type, a property too many, an event that does not exist."""
    await visit.console()
    await visit.connect()
    await visit.choose("kitchen.whisper")
    await expect(visit.page.get_by_text("This event carries no payload.")).to_be_visible()
    await visit.send()
    flagged = visit.rows("push").filter(has_text="not in the contract")
    await expect(flagged).to_have_count(3)
    await expect(flagged.nth(0)).to_contain_text("data.station is an integer, not string")
    await expect(flagged.nth(1)).to_contain_text("data.colour is not in the contract")
    await expect(flagged.nth(2)).to_contain_text("is called kitchen.secret, as no message of this channel is")
    await visit.page.get_by_label("Kind", exact=True).select_option("Not in the contract")
    await expect(visit.page.locator(".row:visible")).to_have_count(3)


async def test_what_is_no_frame_is_shown_as_it_is(visit: Visit) -> None:
    await visit.answer_with("{half", "[]", b"\x00\xff")
    await visit.console()
    await visit.connect()
    await visit.send()
    rows = visit.rows("unreadable")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("{half")
    await expect(rows.nth(1)).to_contain_text("is no object")
    await expect(rows.nth(2)).to_contain_text("00 ff")


async def test_markup_that_comes_stays_text(visit: Visit) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    await visit.answer_with(push(nasty))
    await visit.console()
    await visit.connect()
    await visit.send()
    await visit.rows("push").locator("summary").click()
    await expect(visit.rows("push").locator("pre")).to_contain_text(nasty)
    await expect(visit.page.locator(".log img")).to_have_count(0)
