"""What a document says of one route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nexws.events import Contract, Parameters

__all__ = ["Channel", "SecurityScheme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityScheme:
    """One way to say who one is, as the specification has it (Security Scheme Object)."""

    name: str
    type: str
    details: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One route of a consumer with events."""

    name: str
    """What it is called, if nobody else is."""
    qualifier: str
    """What is put before the name where two have the same: the module."""
    address: str
    parameters: Mapping[str, str]
    """The type of each path parameter."""
    description: str
    contract: Contract
    handshake: Sequence[Parameters[Any]] = ()
    subprotocols: Sequence[str] = ()
    limits: Mapping[str, float] = field(default_factory=dict[str, float])
    history: Mapping[str, float] = field(default_factory=dict[str, float])
    """How much of a group's pushes is kept; empty where nothing says that any are."""

    @property
    def is_packed(self) -> bool:
        """Whether its frames are msgpack, unless a client chooses otherwise."""
        return next(iter(self.contract.codecs)) == "msgpack"
