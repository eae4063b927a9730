"""The AsyncAPI document of ``console_app``, written by hand."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

CHANNEL: Final = "Kitchen"
CODES: Final = ["invalid_payload", "bad_envelope", "internal"]
REF: Final[Json] = {"type": ["string", "integer"], "maxLength": 128}
CORRELATION: Final[Json] = {"$ref": "#/components/correlationIds/ref"}

SCHEMAS: Final[Json] = {
    "Guest": {
        "type": "object",
        "title": "Guest",
        "properties": {
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 40,
                "description": "Who will eat.",
                "examples": ["Ada"],
            },
            "vip": {"type": "boolean", "default": False, "description": "Gets the window."},
        },
        "required": ["name"],
    },
    "Item": {
        "type": "object",
        "title": "Item",
        "properties": {
            "dish": {"type": "string", "enum": ["soup", "curry", "cake"], "description": "What is cooked."},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 20},
            "notes": {"type": ["string", "null"], "default": None, "description": "Wishes of the guest."},
        },
        "required": ["dish", "quantity"],
    },
    "Card": {
        "type": "object",
        "title": "Card",
        "properties": {
            "kind": {"const": "card"},
            "number": {"type": "string", "pattern": "^[0-9]{4}$", "description": "The last four digits."},
        },
        "required": ["kind", "number"],
    },
    "Cash": {
        "type": "object",
        "title": "Cash",
        "properties": {"kind": {"const": "cash"}},
        "required": ["kind"],
    },
    "Order": {
        "type": "object",
        "title": "Order",
        "description": "What a table wants.",
        "properties": {
            "table": {"type": "integer", "minimum": 1, "maximum": 40, "description": "Number of the table."},
            "guest": {"$ref": "#/components/schemas/Guest"},
            "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Item"}},
            "payment": {
                "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}],
                "x-discriminator": "kind",
            },
        },
        "required": ["table", "guest", "items", "payment"],
    },
    "Receipt": {
        "type": "object",
        "title": "Receipt",
        "properties": {"number": {"type": "integer"}, "total": {"type": "number", "minimum": 0}},
        "required": ["number", "total"],
    },
    "Cancelled": {
        "type": "object",
        "title": "Cancelled",
        "properties": {"number": {"type": "integer"}},
        "required": ["number"],
    },
    "Watch": {
        "type": "object",
        "title": "Watch",
        "properties": {
            "limit": {
                "type": ["integer", "null"],
                "default": None,
                "description": "How many steps; none: for ever.",
            }
        },
    },
    "Step": {
        "type": "object",
        "title": "Step",
        "properties": {
            "n": {"type": "integer"},
            "doing": {"type": "string", "enum": ["chopping", "stirring", "tasting"]},
        },
        "required": ["n", "doing"],
    },
    "Placed": {
        "type": "object",
        "title": "Placed",
        "properties": {
            "station": {"type": "string"},
            "number": {"type": "integer"},
            "table": {"type": "integer"},
        },
        "required": ["station", "number", "table"],
        "additionalProperties": False,
    },
    "Close": {
        "type": "object",
        "title": "Close",
        "properties": {"code": {"type": "integer", "examples": [4010]}},
        "required": ["code"],
    },
}

EXAMPLE: Final[Json] = {
    "table": 7,
    "guest": {"name": "Ada", "vip": True},
    "items": [{"dish": "curry", "quantity": 2, "notes": "mild"}],
    "payment": {"kind": "card", "number": "4242"},
}

CLOSE_CODES: Final[list[Json]] = [
    {"code": 1000, "name": "NORMAL", "description": "One side was done.", "reconnect": False},
    {"code": 1012, "name": "SERVICE_RESTART", "description": "The server stops.", "reconnect": True},
    {"code": 4008, "name": "SLOW", "description": "The client did not read in time.", "reconnect": True},
    {"code": 4010, "name": "KITCHEN_CLOSED", "description": "Nobody cooks at this hour.", "reconnect": True},
    {"code": 4507, "name": "FORBIDDEN", "description": "Not for this client.", "reconnect": False},
]


class Builder:
    """Collects the messages and operations of the one channel."""

    def __init__(self) -> None:
        self.messages: Json = {}
        self.operations: Json = {}

    def message(
        self, key: str, event: str, kind: str, properties: Json, optional: tuple[str, ...] = (), **more: Any
    ) -> None:
        payload = {
            "type": "object",
            "properties": {"event": {"const": event}, **properties},
            "required": ["event", *(name for name in properties if name not in optional)],
            "additionalProperties": False,
        }
        common = {"name": event, "title": key, "contentType": "application/json", "payload": payload}
        correlation = {"correlationId": CORRELATION} if "ref" in properties else {}
        self.messages[key] = {**common, **correlation, "x-nexws-kind": kind, "x-nexws-event": event, **more}

    def failure(self, event: str, codes: list[str]) -> None:
        error: Json = {
            "type": "object",
            "properties": {
                "code": {"type": "string", "enum": codes},
                "message": {"type": "string"},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                            "type": {"type": "string"},
                            "msg": {"type": "string"},
                        },
                        "required": ["loc", "type", "msg"],
                    },
                },
                "data": {},
                "retryable": {"type": "boolean"},
            },
            "required": ["code", "message", "retryable"],
            "additionalProperties": False,
        }
        properties = {"ref": REF, "status": {"const": "error"}, "error": error}
        self.message(f"{event}.error", event, "failure", properties, ("ref",))

    def event(
        self,
        event: str,
        summary: str,
        *,
        tag: str,
        schema: str = "",
        reply: str = "",
        stream: str = "",
        codes: tuple[str, ...] = (),
        more: Json | None = None,
    ) -> None:
        data: Json = {"data": {"$ref": f"#/components/schemas/{schema}"}} if schema else {}
        meta = {
            "type": "object",
            "properties": {"traceparent": {"type": "string"}, "key": {"type": "string"}},
        }
        properties = {**data, "ref": REF, "meta": meta}
        self.message(event, event, "event", properties, ("ref", "meta"), summary=summary, **(more or {}))
        answer = {"$ref": f"#/components/schemas/{stream or reply}"}
        if stream:
            self.message(
                f"{event}.next", event, "item", {"ref": REF, "status": {"const": "next"}, "data": answer}
            )
            self.message(f"{event}.done", event, "done", {"ref": REF, "status": {"const": "done"}})
        else:
            ok: Json = {"data": answer} if reply else {}
            self.message(f"{event}.ok", event, "reply", {"ref": REF, "status": {"const": "ok"}, **ok})
        self.failure(event, [*CODES, *codes])
        self.operation(event, "receive", [event], summary=summary, tags=[{"name": tag}])
        answers = [f"{event}.{name}" for name in (("next", "done", "error") if stream else ("ok", "error"))]
        self.operations[f"{CHANNEL}.{event}"]["reply"] = {
            "channel": {"$ref": f"#/channels/{CHANNEL}"},
            "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{key}"} for key in answers],
        }

    def push(self, event: str, schema: str, summary: str, *, tag: str) -> None:
        data = {"data": {"$ref": f"#/components/schemas/{schema}"}}
        self.message(f"{event}.push", event, "push", data, summary=summary)
        self.operation(f"{event}.push", "send", [f"{event}.push"], summary=summary, tags=[{"name": tag}])

    def operation(self, name: str, action: str, messages: list[str], **more: Any) -> None:
        self.operations[f"{CHANNEL}.{name}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{CHANNEL}"},
            **more,
            "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{key}"} for key in messages],
        }


def document() -> Json:
    """Give the document, anew each time."""
    builder = Builder()
    example = {
        "name": "lunch",
        "summary": "A lunch for one.",
        "payload": {"event": "order.place", "data": EXAMPLE},
    }
    builder.event(
        "order.place",
        "Place an order",
        tag="orders",
        schema="Order",
        reply="Receipt",
        more={"examples": [example]},
    )
    builder.event(
        "order.cancel", "Take an order back", tag="orders", schema="Cancelled", codes=("order_gone",)
    )
    builder.event("kitchen.watch", "Watch the cook", tag="kitchen", schema="Watch", stream="Step")
    builder.event("kitchen.close", "Close the connection with a code", tag="kitchen", schema="Close")
    builder.event("kitchen.whisper", "Send what is not in the contract", tag="kitchen")
    builder.push("order.placed", "Placed", "An order was placed", tag="orders")
    builder.message("nexws.cancel", "nexws.cancel", "event", {"ref": REF}, summary="End a stream")
    builder.failure("nexws.error", ["bad_frame", "bad_envelope", "unknown_event", "too_large"])
    channel: Json = {
        "address": "/kitchen/{station}",
        "title": CHANNEL,
        "description": "Takes orders, and lets the *curious* watch the cook.",
        "parameters": {"station": {"description": "str", "default": "grill", "enum": ["grill", "pastry"]}},
        "messages": {key: {"$ref": f"#/components/messages/{CHANNEL}.{key}"} for key in builder.messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "language": {"type": "string", "enum": ["en", "fr"], "description": "Of the menu."},
                        "token": {"type": "string"},
                    },
                },
                "headers": {"type": "object", "properties": {"x-tenant": {"type": "string"}}},
                "bindingVersion": "0.1.0",
            }
        },
        "x-nexws-encoding": "json",
        "x-nexws-envelope": {name: name for name in ("event", "data", "ref", "meta", "status", "error")},
        "x-nexws-close-codes": CLOSE_CODES,
        "x-nexws-limits": {"frame_bytes": 65536, "json_depth": 64},
    }
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Kitchen",
            "version": "1.0.0",
            "description": "A kitchen that takes **orders**, tells everybody about them, and can be watched at work.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "default": {
                "host": "localhost:8000",
                "protocol": "ws",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {CHANNEL: channel},
        "operations": builder.operations,
        "components": {
            "messages": {f"{CHANNEL}.{key}": message for key, message in builder.messages.items()},
            "schemas": SCHEMAS,
            "correlationIds": {"ref": {"location": "$message.payload#/ref"}},
            "securitySchemes": {
                "token": {"type": "httpApiKey", "in": "query", "name": "token", "description": "A key."}
            },
        },
    }
