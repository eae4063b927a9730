"""The schemas of payloads and headers."""

from __future__ import annotations

import re
from typing import Any

from nexws.asyncapi.references import is_object

__all__ = ["schema_of"]

_READABLE = re.compile(r"application/(schema|vnd\.aai\.asyncapi)[+;]")


def schema_of(payload: Any) -> Any:
    """Return the JSON Schema of a message's payload or headers; ``None`` if it has none, or one of another kind.

    A schema may stand for itself, or in an object that names its format; "Multi Format Schema Object".
    """
    if not is_object(payload) or "schema" not in payload:
        return payload
    schema_format = payload.get("schemaFormat", "application/schema+json;")
    return payload["schema"] if _READABLE.match(schema_format) else None
