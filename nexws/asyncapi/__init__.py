"""AsyncAPI documents: writing, checking and comparing them. No I/O."""

from __future__ import annotations

from nexws.asyncapi.channels import Channel, SecurityScheme
from nexws.asyncapi.document import write_document
from nexws.asyncapi.schemas import DocumentSchemas, Schemas, SchemaUse

__all__ = ["Channel", "DocumentSchemas", "SchemaUse", "Schemas", "SecurityScheme", "write_document"]
