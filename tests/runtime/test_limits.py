"""Limits say when they make no sense."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from nexws import Limits


@pytest.mark.parametrize("field", dataclasses.fields(Limits), ids=lambda field: field.name)
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_greater_than_zero(field: dataclasses.Field[Any], value: int) -> None:
    """The error names the one that is not."""
    with pytest.raises(ValueError, match=rf"Limits\.{field.name} must be greater than zero"):
        Limits(**{field.name: value})


def test_the_depth_is_not_greater_than_the_parsers_own() -> None:
    """A limit that could not hold is refused."""
    assert Limits(json_depth=200).json_depth == 200
    with pytest.raises(ValueError, match=r"Limits\.json_depth must be at most 200"):
        Limits(json_depth=201)
