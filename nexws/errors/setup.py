"""Mistakes in how a program is put together: raised while it is imported, started or documented."""

from __future__ import annotations

from nexws.errors.base import NexwsError

__all__ = [
    "DependencyError",
    "DocumentError",
    "DuplicateEventError",
    "EncodingError",
    "EnvelopeError",
    "ErrorDeclarationError",
    "EventNameError",
    "ExampleError",
    "HandlerSignatureError",
    "ParameterError",
    "PushDeclarationError",
    "RouterError",
    "SchemaConversionError",
    "SchemaError",
    "SetupError",
    "StoreUrlError",
]


class SetupError(NexwsError, TypeError):
    """The program is put together wrongly; raised while it is imported or started."""


class DuplicateEventError(SetupError):
    """Two handlers claim the same event."""

    def __init__(self, event: str, first: str, second: str) -> None:
        super().__init__(event, first, second)
        self.event = event
        self.first = first
        self.second = second

    def __str__(self) -> str:
        return f"event {self.event!r} is declared twice, by {self.first} and {self.second}; rename one"


class PushDeclarationError(SetupError):
    """A push is declared in a way that cannot be carried out."""

    def __init__(self, event: str, problem: str) -> None:
        super().__init__(event, problem)
        self.event = event
        self.problem = problem

    def __str__(self) -> str:
        return f"push {self.event!r} cannot be declared: {self.problem}"


class EventNameError(SetupError):
    """An event's name cannot be used on the wire."""

    def __init__(self, event: str, reason: str) -> None:
        super().__init__(event, reason)
        self.event = event
        self.reason = reason

    def __str__(self) -> str:
        return f"event {self.event!r} cannot be declared: {self.reason}"


class HandlerSignatureError(SetupError):
    """A handler asks for something that nobody supplies, or contradicts its declaration."""

    def __init__(self, event: str, where: str, problem: str, fix: str) -> None:
        super().__init__(event, where, problem, fix)
        self.event = event
        self.where = where
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"the handler of event {self.event!r}, {self.where}, {self.problem}; {self.fix}"


class DependencyError(SetupError):
    """A dependency of a handler cannot be provided."""

    def __init__(self, parameter: str, provider: str, problem: str) -> None:
        super().__init__(parameter, provider, problem)
        self.parameter = parameter
        self.provider = provider
        self.problem = problem

    def __str__(self) -> str:
        return f"the dependency {self.parameter!r} cannot be provided: {self.provider} {self.problem}"


class SchemaError(SetupError):
    """An event's schema is nothing that Pydantic can validate."""

    def __init__(self, event: str, schema: object, problem: str) -> None:
        super().__init__(event, schema, problem)
        self.event = event
        self.schema = schema
        self.problem = problem

    def __str__(self) -> str:
        name = getattr(self.schema, "__qualname__", self.schema)
        return (
            f"event {self.event!r} has schema {name}, which Pydantic cannot use; "
            f"write a model, a dataclass, a TypedDict or a type of such: {self.problem.splitlines()[0]}"
        )


class ExampleError(SetupError):
    """An example of an event does not fit its schema."""

    def __init__(self, event: str, number: int, problem: str) -> None:
        super().__init__(event, number, problem)
        self.event = event
        self.number = number
        self.problem = problem

    def __str__(self) -> str:
        return f"example {self.number} of event {self.event!r} does not fit its schema: {self.problem}"


class EncodingError(SetupError):
    """A consumer's ``encoding`` is none that it can speak."""

    def __init__(self, consumer: str, encoding: object, allowed: str) -> None:
        super().__init__(consumer, encoding, allowed)
        self.consumer = consumer
        self.encoding = encoding
        self.allowed = allowed

    def __str__(self) -> str:
        return f"consumer {self.consumer} has encoding {self.encoding!r}; use {self.allowed}"


class EnvelopeError(SetupError):
    """An envelope cannot be what it says, or cannot carry a payload."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the envelope cannot be used: {self.problem}"


class ParameterError(SetupError):
    """Parameters of the handshake are declared wrongly."""

    def __init__(self, declaration: str, problem: str) -> None:
        super().__init__(declaration, problem)
        self.declaration = declaration
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.declaration} {self.problem}"


class RouterError(SetupError):
    """A router is put together wrongly."""

    def __init__(self, prefix: str, problem: str) -> None:
        super().__init__(prefix, problem)
        self.prefix = prefix
        self.problem = problem

    def __str__(self) -> str:
        return f"EventRouter(prefix={self.prefix!r}) {self.problem}"


class ErrorDeclarationError(SetupError):
    """A class of failures is declared wrongly."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"the failure {self.name} {self.problem}"


class StoreUrlError(SetupError):
    """The URL of a layer's store cannot be used."""

    def __init__(self, problem: str, example: str) -> None:
        super().__init__(problem, example)
        self.problem = problem
        self.example = example

    def __str__(self) -> str:
        return f"the URL of the store cannot be used: {self.problem}; write it like {self.example}"


class SchemaConversionError(SetupError):
    """A type cannot be described in the AsyncAPI document."""

    def __init__(self, where: str, path: str, problem: str, fix: str) -> None:
        super().__init__(where, path, problem, fix)
        self.where = where
        self.path = path
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.where} cannot be documented: {self.path} {self.problem}; {self.fix}"


class DocumentError(NexwsError, ValueError):
    """A document cannot be compared."""

    def __init__(self, which: str, version: object) -> None:
        super().__init__(which, version)
        self.which = which
        self.version = version

    def __str__(self) -> str:
        found = "no version of AsyncAPI" if self.version is None else f"version {self.version!r:.40}"
        return f"the {self.which} document names {found}; compare AsyncAPI 3 documents"
