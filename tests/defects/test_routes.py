"""What Nexios gets wrong about the route of a consumer."""

from __future__ import annotations

from typing import Any

import pytest
from nexios import NexiosApp
from nexios.http import Request, Response
from nexios.routing import Group, Router
from nexios.websockets import WebSocket

from nexws import ConsumerRoute, WebSocketConsumer
from tests.defects.driver import Server


class Room(WebSocketConsumer):
    """Tells the parameters of its path."""

    encoding = "json"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_json(dict(websocket.path_params.items()))


async def page(request: Request, response: Response) -> Any:
    return response.text("page")


def route(server: Server, path: str) -> ConsumerRoute:
    """Make the route of the room, on the class that the test is about."""
    made: ConsumerRoute = server.on_base(Room).as_route(path)
    return made


def routed(server: Server, *paths: str) -> NexiosApp:
    """Make an application with the room on *paths*."""
    app = NexiosApp()
    for path in paths:
        app.add_ws_route(route(server, path))
    return app


@pytest.mark.defect("ap02", nexios="AssertionError|assert 500 == 200")
async def test_an_http_request_on_the_path_goes_to_the_http_route(server: Server) -> None:
    """A page and its socket may share a path; Nexios' route takes every request."""
    app = routed(server, "/chat")
    app.add_route(path="/chat", methods=["GET"], handler=page)
    assert await server.get(app, "/chat") == (200, b"page")
    assert await (await server.connect(app, "/chat")).ask("which?") == {}


@pytest.mark.defect("ap02", nexios="AssertionError|assert 500 == 404")
async def test_an_http_request_on_the_path_finds_nothing_without_an_http_route(server: Server) -> None:
    """Any browser could cause the error."""
    assert (await server.get(routed(server, "/chat"), "/chat"))[0] == 404


@pytest.mark.defect("ap07", nexios="awaited the handshake")
@pytest.mark.parametrize("path", ["/chat", "/chat/x", "/chatter"])
async def test_a_path_may_begin_like_the_prefix(server: Server, path: str) -> None:
    """Nexios takes the prefix off twice."""
    app, router = NexiosApp(), Router(prefix="/chat")
    router.add_ws_route(route(server, path))
    app.mount_router(router)
    client = await server.connect(app, f"/chat{path}")
    assert await client.ask("which?") == {}


@pytest.mark.defect("ap08", nexios="Route 'Room' not found|has no attribute 'name'")
async def test_a_route_is_called_like_its_consumer(server: Server) -> None:
    """Nexios' has no name at all."""
    assert routed(server, "/chat").url_for("Room") == "/chat"


@pytest.mark.defect("ap08", nexios="unexpected keyword argument 'name'")
async def test_a_route_may_be_given_a_name(server: Server) -> None:
    """One consumer may have several routes."""
    app = NexiosApp()
    for name in ("one", "two"):
        app.add_ws_route(server.on_base(Room).as_route(f"/{name}", name=name))
    assert app.url_for("two") == "/two"


@pytest.mark.defect("ap08", nexios=r"{n:int}")
async def test_a_url_has_its_typed_parameters(server: Server) -> None:
    """Nexios leaves them as they are written."""
    made = route(server, "/n/{n:int}/{who}/{rest:path}")
    made.name = "room"
    app = NexiosApp()
    app.add_ws_route(made)
    assert app.url_for("room", n=3, who="ann", rest="a/b") == "/n/3/ann/a/b"


@pytest.mark.defect("ap08", nexios="not found in router|{n:int}")
async def test_a_url_is_found_through_routers(server: Server) -> None:
    """With the prefixes on the way."""
    app, outer, inner = NexiosApp(), Router(prefix="/outer"), Router(prefix="/inner")
    inner.add_ws_route(route(server, "/n/{n:int}"))
    outer.mount_router(inner, name="inner")
    app.mount_router(outer, name="outer")
    assert app.url_for("outer.inner.Room", n=3) == "/outer/inner/n/3"
    client = await server.connect(app, "/outer/inner/n/3")
    assert await client.ask("which?") == {"n": 3}


@pytest.mark.defect("ap08", nexios="a url was written")
@pytest.mark.parametrize("parameters", [{}, {"m": 3}, {"n": 3, "m": 3}])
async def test_a_url_with_other_parameters_is_not_written(server: Server, parameters: dict[str, int]) -> None:
    """Half a URL is worse than an error."""
    made = route(server, "/n/{n}")
    made.name = "room"
    try:
        made.url_path_for("room", **parameters)
    except ValueError:
        return
    raise AssertionError("a url was written")


@pytest.mark.defect("ap08", nexios="assert '' == 'websocket'|has no attribute")
async def test_a_url_is_one_of_a_websocket(server: Server) -> None:
    """So that it can be made absolute."""
    made = route(server, "/chat")
    made.name = "room"
    assert made.url_path_for("room").protocol == "websocket"


TOO_LONG = "1" * 5000


@pytest.mark.defect("ap09", nexios="ValueError")
async def test_a_value_that_a_converter_refuses_does_not_match(server: Server) -> None:
    """In Nexios the exception goes out to the server."""
    app = routed(server, "/n/{n:int}")
    client = server.knock(app, f"/n/{TOO_LONG}")
    await client.end()
    assert client.error is None
    assert client.told == [{"type": "websocket.close", "code": 4404}]


@pytest.mark.defect("ap09", nexios="awaited the handshake.*ValueError")
async def test_a_value_that_a_converter_refuses_is_left_to_the_next_route(server: Server) -> None:
    """As with any path that does not match."""
    app = routed(server, "/n/{n:int}", "/n/{name}")
    client = await server.connect(app, f"/n/{TOO_LONG}")
    assert await client.ask("which?") == {"name": TOO_LONG}


async def test_the_route_works_wherever_nexios_takes_one(server: Server) -> None:
    """On the application, in a router, in a router's router, in a group."""
    app, router = routed(server, "/app/{n:int}"), Router(prefix="/router")
    router.add_ws_route(route(server, "/{n:int}"))
    app.mount_router(router)
    outer, inner = Router(prefix="/outer"), Router(prefix="/inner")
    inner.add_ws_route(route(server, "/{n:int}"))
    outer.mount_router(inner)
    app.mount_router(outer)
    app.router.add_route(Group("/group", routes=[route(server, "/{n:int}")]))
    for path in ("/app/3", "/router/3", "/outer/inner/3", "/group/3"):
        assert await (await server.connect(app, path)).ask("which?") == {"n": 3}
