"""What ``Nexws`` serves beside the events: the docs page, the document, and their files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import yaml
from nexios import NexiosApp
from nexios.routing import Group

from nexws import EventConsumer, Nexws, build_asyncapi, on
from nexws.app.routes import DocsRoute
from nexws.asyncapi.lint import lint
from nexws.docs_ui import CONTENT_SECURITY_POLICY

NASTY = '</script><script>alert(1)</script>" onload="x {{7*7}} ${8*8} \u2028 <!-- ]]> \'quoted'
STATIC = "/asyncapi/static/console/log.js"
COMPRESSED = "/asyncapi/static/asyncapi-react/default.min.css"
PATHS = ["/asyncapi", "/asyncapi.json", "/asyncapi.yaml", STATIC, COMPRESSED]
TYPES = [
    "text/html; charset=utf-8",
    "application/json",
    "application/yaml",
    "text/javascript; charset=utf-8",
    "text/css; charset=utf-8",
]


class Clock(EventConsumer):
    """Tells the time."""

    @on("clock.ask")
    async def ask(self, zone: str) -> str:
        """Ask for the time."""
        return zone


def program(**settings: Any) -> NexiosApp:
    app = NexiosApp(title="Clocks", version="2.1.0")
    Nexws(app, **settings)
    app.add_ws_route(Clock.as_route("/clock"))
    return app


async def ask(
    app: Any,
    path: str,
    method: str = "GET",
    *,
    root_path: str = "",
    base: str = "http://clocks.example",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    transport = httpx.ASGITransport(app, root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        client.headers.pop("accept-encoding")
        return await client.request(method, path, headers=headers)


async def document(app: Any, path: str = "/asyncapi.json", **more: Any) -> dict[str, Any]:
    response = await ask(app, path, **more)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


# -- requests


@pytest.mark.parametrize(("path", "content_type"), list(zip(PATHS, TYPES, strict=True)))
async def test_all_of_it_can_be_had_and_kept(path: str, content_type: str) -> None:
    """With an ETag each: whoever has it already is not sent it again."""
    app = program(console=True)
    response = await ask(app, path)
    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert int(response.headers["content-length"]) == len(response.content) > 0
    etag = response.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await ask(app, path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await ask(app, path, headers={"if-none-match": '"other"'})).content == response.content


@pytest.mark.parametrize("path", PATHS)
async def test_head_says_what_get_would(path: str) -> None:
    app = program()
    head, get = await ask(app, path, "HEAD"), await ask(app, path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "PATCH", "ODD"])
async def test_another_method_gets_nothing_and_spoils_nothing(path: str, method: str) -> None:
    app = program()
    before = await ask(app, path)
    response = await ask(app, path, method)
    assert (response.status_code, response.content) == (204 if method == "OPTIONS" else 405, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert ("content-length" in response.headers) == (method != "OPTIONS")  # which 204 must not have
    after = await ask(app, path)
    assert (after.status_code, after.headers, after.content) == (200, before.headers, before.content)


@pytest.mark.parametrize(
    "path",
    [
        "/asyncapi/",
        "/asyncapi/static",
        "/asyncapi/static/",
        "/asyncapi/static/none.js",
        "/asyncapi/static/..%2fpage.py",
        "/asyncapi/static/%2e%2e/%2e%2e/page.py",
        "/asyncapi/static//etc/passwd",
        "/asyncapi.xml",
        "/asyncapis",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nothing_else_is_served(path: str, method: str) -> None:
    response = await ask(program(), path, method)
    assert response.status_code == 404
    assert "Traceback" not in response.text


async def test_a_file_that_is_not_there_has_no_content_for_head() -> None:
    response = await ask(program(), "/asyncapi/static/none.js", "HEAD")
    assert (response.status_code, response.content, response.headers["content-length"]) == (404, b"", "9")


async def test_files_are_compressed_for_those_who_can_read_that() -> None:
    app = program()
    plain = await ask(app, COMPRESSED)
    packed = await ask(app, COMPRESSED, headers={"accept-encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content  # which httpx has unpacked
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert plain.headers["etag"] != packed.headers["etag"]


@pytest.mark.parametrize("path", PATHS)
async def test_the_policy_is_on_the_page_alone(path: str) -> None:
    policy = (await ask(program(), path)).headers.get("content-security-policy")
    assert policy == (CONTENT_SECURITY_POLICY if path == "/asyncapi" else None)


async def test_answers_of_the_application_have_no_policy_of_ours() -> None:
    for path in ("/openapi.json", "/docs", "/none"):
        assert "content-security-policy" not in (await ask(program(), path)).headers


# -- where


async def test_without_a_path_nothing_is_served() -> None:
    app = program(docs=None)
    assert {(await ask(app, path)).status_code for path in PATHS} == {404}


async def test_an_application_without_nexws_serves_nothing() -> None:
    app = NexiosApp()
    app.add_ws_route(Clock.as_route("/clock"))
    assert {(await ask(app, path)).status_code for path in PATHS} == {404}
    assert list(build_asyncapi(app)["channels"]) == ["Clock"]


@pytest.mark.parametrize("path", ["/docs/events", "/docs/events/", "docs/events"])
async def test_the_path_can_be_another(path: str) -> None:
    """And what belongs to the page is beside it, by relative addresses."""
    app = program(docs=path)
    page = (await ask(app, "/docs/events")).text
    assert {"events.json", "events.yaml", "events/static/page.js"} <= set(addresses(page))
    for address in addresses(page):
        assert (await ask(app, f"/docs/{address}")).status_code == 200
    assert (await ask(app, "/asyncapi")).status_code == 404


def addresses(page: str) -> list[str]:
    found = re.findall(r'(?:href|src)="([^"#]+)"', page)
    assert not any(each.startswith(("/", "http", "//")) for each in found)
    return found


@pytest.mark.parametrize("console", [False, True])
async def test_all_that_the_page_names_is_there(console: bool) -> None:
    app = program(console=console)
    page = (await ask(app, "/asyncapi")).text
    assert {(await ask(app, f"/{each}")).status_code for each in addresses(page)} == {200}
    assert ('id="console"' in page) == ("data-console" in page) == console


async def test_the_document_says_where_it_was_asked_for() -> None:
    app = program()
    assert (await document(app))["servers"] == {"default": {"host": "clocks.example", "protocol": "ws"}}
    secure = await document(app, base="https://clocks.example:8443")
    assert secure["servers"] == {"default": {"host": "clocks.example:8443", "protocol": "wss"}}
    assert list(secure)[:4] == ["asyncapi", "info", "defaultContentType", "servers"]


async def test_a_prefix_is_the_servers_pathname() -> None:
    """Of the server that is behind a proxy, or of the application that this one is mounted in."""
    app = program()
    for path in ("/asyncapi.json", "/api/asyncapi.json"):  # servers write it one way or the other
        found = await document(app, path, root_path="/api")
        assert found["servers"]["default"]["pathname"] == "/api"
    outer = NexiosApp()
    outer.add_route(Group("/shop", app=app))
    assert (await document(outer, "/shop/asyncapi.json"))["servers"]["default"]["pathname"] == "/shop"
    assert "pathname" not in (await document(app))["servers"]["default"]
    page = (await ask(outer, "/shop/asyncapi")).text
    assert {(await ask(outer, f"/shop/{each}")).status_code for each in addresses(page)} == {200}


@pytest.mark.parametrize("host", ["", "a b", "evil/..", "<b>", 'x"y', "a:port", "a" * 300, "user@host"])
async def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    response = await ask(program(), "/asyncapi.json", headers={"host": host})
    assert response.status_code == 200
    assert "servers" not in response.json()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "xn--bcher-kva.example"])
async def test_a_host_that_is_one_is(host: str) -> None:
    response = await ask(program(), "/asyncapi.json", headers={"host": host})
    assert response.json()["servers"]["default"]["host"] == host


# -- what


async def test_json_and_yaml_are_one_document() -> None:
    app = program()
    found = await document(app)
    text = (await ask(app, "/asyncapi.yaml")).text
    assert yaml.safe_load(text) == found
    assert "&id" not in text  # written out, where YAML would point to what stands elsewhere
    assert {name: each for name, each in found.items() if name != "servers"} == build_asyncapi(app)
    assert [problem for problem in lint(found) if problem.severity == "error"] == []


async def test_without_a_package_for_yaml_the_document_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    app = program()
    monkeypatch.setitem(sys.modules, "yaml", None)
    response = await ask(app, "/asyncapi.yaml")
    assert response.headers["content-type"] == "application/yaml"
    assert json.loads(response.content) == await document(app)


async def test_routes_that_are_added_later_are_in_the_document() -> None:
    app = program()
    assert list((await document(app))["channels"]) == ["Clock"]
    before = (await ask(app, "/asyncapi.json")).headers["etag"]
    app.add_ws_route(Clock.as_route("/other", name="Other"))
    assert list((await document(app))["channels"]) == ["Clock", "Other"]
    assert (await ask(app, "/asyncapi.json")).headers["etag"] != before


async def test_the_document_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []

    def write(app: NexiosApp) -> dict[str, Any]:
        written.append(app)
        return build_asyncapi(app)

    monkeypatch.setattr("nexws.app.routes.build_asyncapi", write)
    app = program()
    for path in PATHS * 2:
        await ask(app, path, headers={"host": f"{len(path)}.example"})
    assert written == [app]


async def test_the_title_and_the_version_are_the_applications_unless_they_are_given() -> None:
    info = (await document(program()))["info"]
    assert (info["title"], info["version"]) == ("Clocks", "2.1.0")
    app = program(title="Events", version="7")
    info = (await document(app))["info"]
    assert (info["title"], info["version"]) == ("Events", "7")
    assert "<title>Events</title>" in (await ask(app, "/asyncapi")).text


async def test_no_text_breaks_out_of_the_page() -> None:
    """Of all texts only the title is in it; the others are fetched, as data."""

    class Nasty(EventConsumer):
        __doc__ = NASTY

        async def nasty(self) -> None:
            raise NotImplementedError

        nasty.__doc__ = NASTY
        on("nasty")(nasty)

    app = NexiosApp(title=NASTY, version=NASTY)
    Nexws(app, console=True)
    app.add_ws_route(Nasty.as_route("/nasty"))
    page = (await ask(app, "/asyncapi")).text
    assert "alert(1)</script>" not in page
    assert '" onload="' not in page
    assert page.count("<script") == 2
    assert (await document(app))["info"]["title"] == NASTY


@pytest.mark.parametrize("path", PATHS[:3])
async def test_a_document_that_cannot_be_written_is_told_and_its_reason_is_logged_once(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients read nothing of the reason, which is the developers'."""

    class Odd(EventConsumer):
        @on("odd.secret")
        async def odd(self, data: Callable[[], int]) -> None: ...

    app = program()
    app.add_ws_route(Odd.as_route("/odd"))
    for method in ("GET", "HEAD", "GET"):
        response = await ask(app, path, method)
        assert (response.status_code, "etag" in response.headers) == (500, False)
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "cannot be written; the application's log says why" in response.text
    assert "odd" not in response.text
    (logged,) = caplog.records
    assert logged.getMessage().startswith("no AsyncAPI document can be written: event 'odd.secret' cannot")
    assert (await ask(app, STATIC)).status_code == 200


async def test_a_document_can_be_written_once_the_route_is_gone_that_it_could_not_describe() -> None:
    class Odd(EventConsumer):
        @on("odd")
        async def odd(self, data: Callable[[], int]) -> None: ...

    app = program()
    app.add_ws_route(Odd.as_route("/odd"))
    assert (await ask(app, "/asyncapi")).status_code == 500
    app.router.routes.pop()
    assert (await ask(app, "/asyncapi")).status_code == 200


# -- beside others


async def test_nexios_own_documentation_is_served_beside_ours() -> None:
    """It describes none of our paths."""
    app = program()
    openapi = (await ask(app, "/openapi.json")).json()
    assert openapi["info"]["title"] == "Clocks"
    assert not any("asyncapi" in path for path in openapi["paths"])
    assert (await ask(app, "/docs")).status_code == 200


async def test_routes_have_the_names_that_they_had() -> None:
    app = program()

    @app.get("/nexws/docs", name="docs")
    async def docs(request: Any, response: Any) -> Any:
        return response.text("mine")

    assert str(app.url_for("docs")) == "/nexws/docs"
    assert str(app.url_for("nexws-docs")) == "/asyncapi"
    assert (await ask(app, "/nexws/docs")).text == "mine"


def test_the_route_knows_no_other_name() -> None:
    route = DocsRoute("/asyncapi", NexiosApp(), console=False)
    with pytest.raises(ValueError, match="route name 'other' does not match"):
        route.url_path_for("other")


async def test_a_socket_is_none_of_its_business() -> None:
    route = DocsRoute("/asyncapi", NexiosApp(), console=False)
    scope = {"path": "/asyncapi", "headers": []}
    assert route.match({"type": "http", **scope}) != route.match({"type": "websocket", **scope})
