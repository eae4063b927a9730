"""The AsyncAPI document of what an application receives and sends. No I/O."""

from __future__ import annotations

from nexws.asyncapi.schemas import DocumentSchemas, SchemaConversionError, Schemas, SchemaUse

__all__ = ["DocumentSchemas", "SchemaConversionError", "SchemaUse", "Schemas"]
