"""AsyncAPI documents: writing, checking and comparing them. No I/O."""

from __future__ import annotations

from nexws.asyncapi.schemas import DocumentSchemas, SchemaConversionError, Schemas, SchemaUse

__all__ = ["DocumentSchemas", "SchemaConversionError", "SchemaUse", "Schemas"]
