"""The README's program works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from nexws.testing import connect

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


async def test_the_program_answers_as_the_readme_says() -> None:
    """Frame for frame."""
    [program] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {"__name__": "readme"}
    exec(compile(program, "README.md", "exec"), names)
    said, answered = re.findall(r'`(\{"event".*?\})`', README, re.DOTALL)
    async with connect(names["app"], "/chat") as client:
        await client.send_raw(said)
        assert await client.expect(names["Chat"].posted)
        assert from_json(await client.receive_raw()) == from_json(answered)
        assert [tick async for tick in client.stream("chat.count", {"limit": 2})] == [{"n": 0}, {"n": 1}]


def test_its_links_lead_somewhere() -> None:
    """No page of the checkout is missing."""
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert linked
    assert [path for path in linked if not (ROOT / path).exists()] == []
