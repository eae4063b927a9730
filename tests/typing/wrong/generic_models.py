"""Payloads that are generic models of something else."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel

from nexws import EventConsumer, emits, on


T = TypeVar("T")


class Item(BaseModel):
    name: str


class Page(BaseModel, Generic[T]):
    items: list[T]


class Shop(EventConsumer):
    listed = emits("item.listed", Page[Item])

    @on("item.add", schema=Page[Item])  # wrong: takes a page of names
    async def takes_names(self, data: Page[str]) -> None: ...

    @on("item.add", schema=Page[Item])  # wrong: takes no page
    async def takes_no_page(self, data: list[Item]) -> None: ...

    @on("item.list", reply=Page[Item])  # wrong: returns a page of names
    async def returns_names(self) -> Page[str]:
        return Page[str](items=["tea"])

    @on("item.list")
    async def lists(self) -> None:
        await self.listed.send(Page[str](items=["tea"]))  # wrong: a page of names
