"""What the console sends: as it is written, and in every envelope and encoding."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.docs_ui.console_document import EXAMPLE, Json
from tests.docs_ui.visit import Visit

pytestmark = pytest.mark.browser

NAMELESS = """() => [...document.querySelectorAll('#console :is(input, select, textarea)')]
    .filter((each) => !each.labels?.length && !each.ariaLabel).map((each) => each.outerHTML)"""

# --- writing


async def test_the_form_and_the_json_say_the_same(visit: Visit) -> None:
    """Whichever is written in: a list that grows and shrinks, what is optional, one form of several."""
    await visit.console()
    page = visit.page
    await page.get_by_label("table", exact=True).fill("9")
    await page.get_by_role("button", name="+ item").click()
    await page.get_by_label("quantity", exact=True).last.fill("3")
    await page.get_by_role("button", name="Remove 0").click()
    await page.get_by_role("button", name="Remove vip").click()
    await page.get_by_label("Form of payment").select_option("Cash")
    expected: Json = {
        "table": 9,
        "guest": {"name": "Ada"},
        "items": [{"dish": "soup", "quantity": 3}],
        "payment": {"kind": "cash"},
    }
    assert await visit.payload() == expected
    await page.get_by_role("button", name="+ vip").click()
    expected["guest"]["vip"] = False
    assert await visit.payload() == expected
    await visit.write({**expected, "table": 11, "payment": {"kind": "card", "number": "1234"}, "extra": [1]})
    await visit.form()
    await expect(page.get_by_label("table", exact=True)).to_have_value("11")
    await expect(page.get_by_label("number", exact=True)).to_have_value("1234")
    await page.get_by_label("table", exact=True).fill("12")
    found: Any = await visit.payload()
    assert (found["table"], found["extra"]) == (12, [1])


async def test_what_is_no_json_is_told_and_not_sent(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    await visit.write('{"table": }')
    field = visit.page.get_by_label("Payload as JSON")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile("No JSON: "))
    await visit.send()
    await expect(field).to_be_focused()
    assert [entry["kind"] for entry in await visit.log()] == ["opened"]
    await visit.page.get_by_role("button", name="A lunch for one.").click()
    assert await visit.payload() == EXAMPLE


async def test_drafts_come_back_with_the_window(visit: Visit) -> None:
    """Of each event its own, and the parameters of the connection."""
    await visit.console()
    await visit.write({"table": 1})
    await visit.choose("kitchen.watch")
    await visit.write({"limit": 5})
    await visit.page.get_by_label("{station}").select_option("pastry")
    await visit.page.reload()
    await expect(visit.page.get_by_role("heading", name="kitchen.watch")).to_be_visible()
    assert await visit.payload() == {"limit": 5}
    await expect(visit.page.get_by_label("{station}")).to_have_value("pastry")
    await visit.choose("order.place")
    assert await visit.payload() == {"table": 1}


async def test_what_was_sent_can_be_sent_again(visit: Visit) -> None:
    await visit.console()
    await visit.connect()
    await visit.page.get_by_label("table", exact=True).fill("31")
    await visit.send()
    await visit.choose("kitchen.watch")
    request = visit.request("order.place")
    await request.locator("summary").first.click()
    await request.get_by_role("button", name="Edit and send again").click()
    await expect(visit.page.get_by_label("table", exact=True)).to_have_value("31")


async def test_all_of_it_works_with_the_keyboard(visit: Visit) -> None:
    await visit.console()
    page = visit.page
    await page.get_by_label("Subprotocols").focus()
    await page.keyboard.press("Enter")
    await expect(visit.state).to_have_text("Connected")
    await page.keyboard.press("Escape")
    search = page.get_by_role("combobox", name="Search events")
    await expect(search).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("heading", name="kitchen.watch")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("heading", name="order.cancel")).to_be_visible()
    await expect(search).to_be_focused()
    await page.keyboard.type("cook")
    await expect(visit.events.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="kitchen.watch")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(visit.events.get_by_role("option")).to_have_count(6)
    await visit.write({"limit": 1})
    await page.keyboard.press("Control+Enter")
    await expect(visit.outcome).to_contain_text("The stream ended with 1 item ")
    assert await page.evaluate(NAMELESS) == []


# --- other envelopes and encodings


def renamed(document: Json) -> None:
    """Flatten the payload of ``order.cancel`` into the frame, under other keys."""
    keys = {"event": "type", "data": None, "ref": "id", "meta": "meta", "status": "status", "error": "error"}
    document["channels"]["Kitchen"]["x-nexws-envelope"] = keys
    messages = document["components"]["messages"]
    number = {"number": {"type": "integer"}}
    for name, more in {"": number, ".ok": {**number, "status": {"const": "ok"}}}.items():
        messages[f"Kitchen.order.cancel{name}"]["payload"] = {
            "type": "object",
            "properties": {"type": {"const": "order.cancel"}, "id": {"type": "string"}, **more},
            "required": ["type", *more],
            "additionalProperties": False,
        }


async def test_a_flat_envelope_with_other_keys_is_spoken(visit: Visit) -> None:
    sent: list[Any] = []

    def answer(socket: WebSocketRoute, message: str | bytes) -> None:
        sent.append(json.loads(message))
        socket.send('{"type":"order.cancel","id":"1","status":"ok","number":8}')

    await visit.serve(answer)
    await visit.console(renamed)
    await visit.connect()
    await visit.choose("order.cancel")
    await visit.page.get_by_label("number", exact=True).fill("7")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    assert sent == [{"type": "order.cancel", "number": 7, "id": "1"}]
    reply = visit.request("order.cancel").locator('[data-kind="reply"]')
    await expect(reply).to_contain_text('"number":8')
    await expect(reply.get_by_role("img", name="as in the contract")).to_be_visible()


def binary(document: Json) -> None:
    for name in ("", ".ok"):
        message = document["components"]["messages"][f"Kitchen.order.cancel{name}"]
        message["payload"]["properties"].pop("data", None)
        message["payload"]["required"] = ["event"]
        message["x-nexws-binary"] = True


@pytest.mark.parametrize(
    ("kind", "text", "wanted"), [("text", "hé", "hé".encode()), ("hex", "00 0a FF", b"\x00\n\xff")]
)
async def test_bytes_go_behind_a_header(visit: Visit, kind: str, text: str, wanted: bytes) -> None:
    """And so they come back."""
    sent: list[str | bytes] = []

    def answer(socket: WebSocketRoute, message: str | bytes) -> None:
        sent.append(message)
        socket.send(b'{"event":"order.cancel","ref":"1","status":"ok"}\n\x01\n\x02')

    await visit.serve(answer)
    await visit.console(binary)
    await visit.connect()
    await visit.choose("order.cancel")
    await visit.page.get_by_label("Bytes from").select_option(kind)
    await visit.page.get_by_label("Text", exact=True).fill(text)
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    assert sent == [b'{"event":"order.cancel","ref":"1"}\n' + wanted]
    reply = visit.request("order.cancel").locator('[data-kind="reply"]')
    await expect(reply).to_contain_text("3 bytes")
    await expect(reply.get_by_role("img", name="as in the contract")).to_be_visible()
    await reply.locator("summary").click()
    await expect(reply.locator("pre.bytes")).to_have_text("01 0a 02")


async def test_a_file_can_be_sent(visit: Visit) -> None:
    sent: list[str | bytes] = []
    await visit.serve(lambda _, message: sent.append(message))
    await visit.console(binary)
    await visit.connect()
    await visit.choose("order.cancel")
    await visit.page.get_by_label("Bytes from").select_option("File")
    await visit.send()
    await expect(visit.page.get_by_role("alert").filter(has_text="choose a file")).to_be_visible()
    await visit.page.get_by_label("File", exact=True).set_input_files(
        {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": bytes(range(256))}
    )
    await visit.send()
    await expect(visit.outcome).to_contain_text("waiting")
    assert sent == [b'{"event":"order.cancel","ref":"1"}\n' + bytes(range(256))]


async def test_messagepack_is_spoken_where_it_is_declared(visit: Visit) -> None:
    def change(document: Json) -> None:
        document["channels"]["Kitchen"]["x-nexws-encoding"] = "msgpack"

    sent: list[str | bytes] = []

    def answer(socket: WebSocketRoute, message: str | bytes) -> None:
        sent.append(message)
        reply = b"\x84\xa5event\xacorder.cancel\xa3ref\xa11\xa6status\xa2ok\xa4junk\xc4\x02\x01\x02"
        socket.send(reply)

    await visit.serve(answer)
    await visit.console(change)
    await visit.connect()
    await visit.choose("order.cancel")
    await visit.page.get_by_label("number", exact=True).fill("300")
    await visit.send()
    await expect(visit.outcome).to_contain_text("Answered")
    assert sent == [b"\x83\xa5event\xacorder.cancel\xa4data\x81\xa6number\xcd\x01\x2c\xa3ref\xa11"]
    reply = visit.request("order.cancel").locator('[data-kind="reply"]')
    await expect(reply).to_contain_text("junk is not in the contract")


async def test_an_event_of_a_family_is_given_its_name(visit: Visit) -> None:
    def change(document: Json) -> None:
        message = document["components"]["messages"]["Kitchen.order.cancel"]
        message["x-nexws-event"] = "order.*"
        message["payload"]["properties"]["event"] = {"type": "string", "pattern": r"^order\."}

    sent: list[Any] = []
    await visit.serve(lambda _, message: sent.append(json.loads(message)))
    await visit.console(change)
    await visit.connect()
    await visit.choose("order.*")
    await visit.page.get_by_label("Name: order.…").fill("lost")
    await visit.send()
    await expect(visit.outcome).to_contain_text("waiting")
    assert sent[0]["event"] == "order.lost"


# --- every kind of schema

SCHEMAS: dict[str, tuple[Any, Any]] = {
    "tree": ({"$ref": "#/components/schemas/Tree"}, {"name": "", "left": None}),
    "tuple": (
        {"type": "array", "items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False},
        [0, ""],
    ),
    "map": ({"type": "object", "additionalProperties": {"type": "integer"}}, {}),
    "described": (
        {"allOf": [{"$ref": "#/components/schemas/Guest"}], "description": "A guest."},
        {"name": "Ada"},
    ),
    "nullable": (
        {"anyOf": [{"$ref": "#/components/schemas/Guest"}, {"type": "null"}], "default": None},
        None,
    ),
    "mixed": ({"anyOf": [{"type": "integer"}, {"type": "string", "format": "uuid"}]}, 0),
    "enums": ({"type": "array", "items": {"enum": [1, "two", None]}, "minItems": 2}, [1, 1]),
    "anything": ({}, None),
    "bare": ({"type": "string", "maxLength": 3}, ""),
    "nowhere": ({"$ref": "#/components/schemas/Missing"}, None),
    "const": ({"const": {"deep": [1]}}, {"deep": [1]}),
}


def of_every_kind(document: Json) -> None:
    document["components"]["schemas"]["Tree"] = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "left": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}], "default": None},
            "more": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
        "required": ["name", "left"],
    }
    channel = document["channels"]["Kitchen"]
    channel["messages"], document["operations"] = {}, {}
    for name, (schema, _) in SCHEMAS.items():
        payload = {
            "type": "object",
            "properties": {"event": {"const": name}, "data": schema},
            "required": ["event"],
        }
        document["components"]["messages"][name] = {
            "payload": payload,
            "x-nexws-kind": "event",
            "x-nexws-event": name,
        }
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}


async def test_there_is_a_form_for_every_kind_of_schema(visit: Visit) -> None:
    """None breaks the console; each is filled in, and what is written as JSON is in the form, and back."""
    await visit.console(of_every_kind)
    for name, (_, wanted) in SCHEMAS.items():
        await visit.choose(name)
        assert await visit.payload() == wanted, name
    await visit.choose("tree")
    tree = {"name": "a", "left": {"name": "b", "left": None}, "more": [{"name": "c", "left": None}]}
    await visit.write(tree)
    await visit.form()
    await visit.page.get_by_label("name", exact=True).last.fill("d")
    tree["more"] = [{"name": "d", "left": None}]
    assert await visit.payload() == tree
    await visit.choose("map")
    await visit.page.get_by_label("payload", exact=True).fill('{"a": 1}')
    assert await visit.payload() == {"a": 1}
    await visit.choose("nullable")
    await visit.page.get_by_label("Form of the payload").select_option("Guest")
    assert await visit.payload() == {"name": "Ada"}
    assert visit.complaints == []
