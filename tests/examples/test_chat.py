"""The chat example, without its page's scripts."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import examples.chat
from examples.chat import Chat, Entered, Said, Say, app
from nexws import EventFailed
from nexws.asyncapi.lint import lint
from nexws.testing import Connection, connect

PAGE = Path(examples.chat.__file__).parent / "page"


async def enter(connection: Connection, name: str, group: str) -> Entered:
    return Entered.model_validate(await connection.call("chat.enter", {"name": name, "group": group}))


def browser() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")


async def test_what_is_said_reaches_everybody_in_the_group() -> None:
    """The one who said it is told as well, and so is nobody elsewhere."""
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob, connect(app, "/chat") as eve:
        for client, name, group in ((ann, "ann", "said"), (bob, "bob", "said"), (eve, "eve", "elsewhere")):
            await enter(client, name, group)
        await eve.expect(Chat.present)
        assert await ann.call("chat.say", {"text": "hello"}) is None
        for client in (ann, bob):
            said = await client.expect(Chat.said)
            assert (said.group, said.name, said.text) == ("said", "ann", "hello")
        await eve.expect_nothing()


async def test_whoever_enters_is_told_what_was_said_before() -> None:
    """The reply has it in order, as it was pushed."""
    async with connect(app, "/chat") as ann, connect(app, "/chat") as bob:
        assert (await enter(ann, "ann", "before")).recent == []
        pushed: list[Said] = []
        for text in ("one", "two"):
            await ann.call("chat.say", {"text": text})
            pushed.append(await ann.expect(Chat.said))
        assert (await enter(bob, "bob", "before")).recent == pushed


async def test_everybody_is_told_who_is_in_the_group() -> None:
    """Also when somebody leaves, for another group or for good."""
    async with connect(app, "/chat") as ann:
        await enter(ann, "ann", "who")
        assert (await ann.expect(Chat.present)).names == ["ann"]
        async with connect(app, "/chat") as bob, connect(app, "/chat") as eve:
            await enter(bob, "bob", "who")
            await enter(eve, "eve", "who")
            assert [(await ann.expect(Chat.present)).names for _ in "be"] == [
                ["ann", "bob"],
                ["ann", "bob", "eve"],
            ]
            await enter(bob, "bob", "who-else")
            assert (await ann.expect(Chat.present)).names == ["ann", "eve"]
        assert (await ann.expect(Chat.present)).names == ["ann"]


async def test_nothing_is_remembered_about_those_who_have_left() -> None:
    async with connect(app, "/chat") as ann:
        await enter(ann, "ann", "forgotten")
        assert list(Chat.names.values()) == ["ann"]
    assert Chat.names == {}


async def test_a_name_is_kept_without_the_blanks_around_it() -> None:
    async with connect(app, "/chat") as ann:
        assert (await enter(ann, "  ann ", "blanks")).name == "ann"


@pytest.mark.parametrize(
    ("event", "data", "field"),
    [
        ("chat.enter", {"name": "ann", "group": "No Group!"}, "group"),
        ("chat.enter", {"name": "ann", "group": "g" * 41}, "group"),
        ("chat.enter", {"name": " ", "group": "lobby"}, "name"),
        ("chat.enter", {"name": "n" * 25, "group": "lobby"}, "name"),
        ("chat.say", {"text": " \n "}, "text"),
        ("chat.say", {"text": "t" * 501}, "text"),
    ],
)
@pytest.mark.outside_contract("the text is stripped before it is measured", r'"(name|text)":"(\\n| )+"')
async def test_what_breaks_the_schema_is_refused_at_its_field(
    event: str, data: dict[str, str], field: str
) -> None:
    """The connection stays where it is."""
    async with connect(app, "/chat") as ann:
        await enter(ann, "ann", "fields")
        with pytest.raises(EventFailed) as caught:
            await ann.call(event, data)
        assert caught.value.code == "invalid_payload"
        assert [each["loc"] for each in caught.value.details] == [[field]]
        await ann.call("chat.say", {"text": "still here"})
        assert (await ann.expect(Chat.said)).group == "fields"


async def test_nobody_is_heard_outside_of_a_group() -> None:
    async with connect(app, "/chat") as ann:
        with pytest.raises(EventFailed, match="enter a group first") as caught:
            await ann.call("chat.say", {"text": "hello?"})
        assert (caught.value.code, caught.value.details) == ("nowhere", ())


@pytest.mark.parametrize(
    ("path", "content_type", "file"),
    [
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/chat.css", "text/css; charset=utf-8", "chat.css"),
        ("/chat.js", "text/javascript; charset=utf-8", "chat.js"),
        ("/connection.js", "text/javascript; charset=utf-8", "connection.js"),
        ("/icon.svg", "image/svg+xml", "icon.svg"),
    ],
)
async def test_the_page_is_served_with_headers_that_keep_it_to_itself(
    path: str, content_type: str, file: str
) -> None:
    async with browser() as client:
        response = await client.get(path)
    assert response.content == (PAGE / file).read_bytes()
    assert response.headers["content-type"] == content_type
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/page.py", "/..%2fpage.py", "/../__init__.py", "/index.html/", "/chat"])
async def test_nothing_else_is_served(path: str) -> None:
    async with browser() as client:
        assert (await client.get(path)).status_code == 404


async def test_a_wrong_method_does_no_harm_to_the_page() -> None:
    async with browser() as client:
        assert (await client.post("/")).status_code == 404
        assert (await client.get("/")).status_code == 200
        assert (await client.head("/")).status_code == 200


async def test_the_applications_own_documentation_is_served_beside_the_page() -> None:
    async with browser() as client:
        assert (await client.get("/openapi.json")).json()["info"]["title"] == "Chat"


async def test_the_contract_is_served_with_a_console_and_the_page_leads_to_it() -> None:
    (link,) = re.findall(
        r'class="contract"><a href="(\w+)"', (PAGE / "index.html").read_text(encoding="utf-8")
    )
    async with browser() as client:
        page = await client.get(f"/{link}")
        document = (await client.get(f"/{link}.json")).json()
    assert page.status_code == 200
    assert "data-console" in page.text
    assert list(document["channels"]) == ["Chat"]
    assert [problem for problem in lint(document) if problem.severity == "error"] == []


def test_the_page_counts_to_the_limit_of_the_schema() -> None:
    found = re.search(r'data-most="(\d+)"', (PAGE / "index.html").read_text(encoding="utf-8"))
    assert found is not None
    assert int(found[1]) == Say.model_json_schema()["properties"]["text"]["maxLength"]


def test_the_page_has_nothing_that_its_policy_forbids() -> None:
    """No scripts, styles or handlers in the markup, and nothing from elsewhere."""
    markup = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:|maxlength", markup) == []


def test_the_scripts_insert_text_only() -> None:
    for script in PAGE.glob("*.js"):
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(", script.read_text("utf-8")) == []
