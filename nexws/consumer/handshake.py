"""Reading what a consumer declares of its handshake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from pydantic_core import to_json

from nexws.events import Parameters, Place, UnfitError
from nexws.protocol import CloseCode, Failure, FailureCode
from nexws.runtime import CloseRequested

__all__ = ["read_handshake"]

Pairs: TypeAlias = Iterable[tuple[str, str]]
Scope: TypeAlias = MutableMapping[str, Any]


def read_handshake(declared: Mapping[str, Parameters[Any]], scope: Scope) -> dict[str, Any]:
    """Read what is *declared*, each under the name of its attribute.

    Raises:
        CloseRequested: something does not fit; with a body that is laid out as a failure's frame.
    """
    values: dict[str, Any] = {}
    details: list[Mapping[str, Any]] = []
    for name, parameters in declared.items():
        others = {
            each for other in declared.values() if other.place == parameters.place for each in other.by_name
        }
        values[name], wrong = _read(parameters, others - parameters.by_name.keys(), scope)
        details += wrong
    if details:
        raise _refusal(details)
    return values


def _read(
    parameters: Parameters[Any], others: Collection[str], scope: Scope
) -> tuple[Any, Sequence[Mapping[str, Any]]]:
    """Read one declaration, but for the names of *others*; gives the value, and what is wrong."""
    place = parameters.place
    try:
        given = _collected(_READ[place](scope))
        if place == "headers":
            given = {name: _split(parameters, name, texts) for name, texts in given.items()}
        return parameters.read({name: texts for name, texts in given.items() if name not in others}), ()
    except UnicodeError:
        return None, [{"loc": [place], "type": "string_unicode", "msg": "Input should be UTF-8"}]
    except UnfitError as error:
        return None, error.details


def _collected(pairs: Pairs) -> dict[str, list[str]]:
    collected: dict[str, list[str]] = {}
    for name, text in pairs:
        collected.setdefault(name, []).append(text)
    return collected


def _split(parameters: Parameters[Any], name: str, texts: list[str]) -> list[str]:
    """Part the members of a list, which proxies may put together (RFC 9110, sections 5.3 and 5.6.1)."""
    known = parameters.by_name.get(name)
    if known is None or not known.is_list:
        return texts
    return [each for text in texts for each in map(str.strip, text.split(",")) if each]


def _query(scope: Scope) -> Pairs:
    return parse_qsl(scope.get("query_string", b"").decode(), keep_blank_values=True, errors="strict")


def _headers(scope: Scope) -> Iterator[tuple[str, str]]:
    for name, value in scope.get("headers", ()):
        yield name.decode("latin-1").lower(), value.decode("latin-1").strip()


def _cookies(scope: Scope) -> Iterator[tuple[str, str]]:
    for header, value in _headers(scope):
        for each in value.split(";") if header == "cookie" else ():
            name, has_value, text = each.partition("=")
            text = text.strip()
            if has_value:
                quoted = len(text) > 1 and text[0] == text[-1] == '"'
                yield name.strip(), text[1:-1] if quoted else text


_READ: Final[Mapping[Place, Callable[[Scope], Pairs]]] = {
    "query": _query,
    "headers": _headers,
    "cookies": _cookies,
}


def _refusal(details: list[Mapping[str, Any]]) -> CloseRequested:
    text = "the handshake is not valid"
    parts = Failure(code=FailureCode.INVALID_PAYLOAD, message=text, details=details).parts()
    body = to_json({"status": parts["status"], "error": parts["error"]}).decode()
    return CloseRequested(CloseCode.POLICY_VIOLATION, body, status=400, content_type="application/json")
