"""Components have short names that nobody else has."""

from __future__ import annotations

import pytest

from nexws.asyncapi.naming import Names, short_name


@pytest.mark.parametrize(
    ("core_ref", "name"),
    [
        ("chat.models.Item:94", "Item"),
        ("chat.models._Item_:94", "_Item_"),
        ("chat.test.<locals>.Item:94", "Item"),
        ("chat.Outer.Inner:94", "Inner"),
        ("chat.Page:94[chat.Item:95]", "Page_Item"),
        ("chat.Page:94[f.<locals>.Item:95]", "Page_Item"),
        ("chat.Map:94[str:1,chat.Page[chat.Item]:95]", "Map_str_Page_Item"),
        ("chat.Page:94[typing.Dict[str, Item]:95]", "Page_Dict_str_Item"),
        ("chat.Page:94[Union[int, NoneType]:95]", "Page_Union_int_NoneType"),
        ("chat.Page:94[int | None:95]", "Page_int_None"),
        ("chat.Page:94[Literal['a', 'v1.0']:95]", "Page_Literal_a_v1.0"),
        ("chat.Page:94[Annotated[int, FieldInfo(metadata=[Gt(gt=3)])]:95]", "Page_int"),
        ("chat.Page:94[Annotated[int, After(<function f at 0x7f>), (1, 2)]:95,str:1]", "Page_int_str"),
        ("chat.Page:94[Annotated[Annotated[a.Item, 1], 2]:95]", "Page_Item"),
        ("chat.Page:94[Annotated[Dict[str, int], 1]:95]", "Page_Dict_str_int"),
        ("chat.Page:94[Annotated[int, '[']:95]", "Page_int"),
        ("chat.NotAnnotated:94[int:1]", "NotAnnotated_int"),
        ("chat.Größe:94", "Gru00f6u00dfe"),
        ("chat.消息:94", "u6d88u606f"),
    ],
)
def test_a_type_is_named_after_its_class_and_its_arguments(core_ref: str, name: str) -> None:
    assert short_name(core_ref) == name


class TestClashes:
    def test_who_comes_first_keeps_the_name(self) -> None:
        names = Names()
        assert names.choose("a.f.<locals>.Item:1") == "Item"
        assert names.choose("shop.f.<locals>.Item:2") == "shop.f.Item"

    def test_more_of_one_name_and_one_module_are_numbered(self) -> None:
        names = Names()
        chosen = [names.choose(f"shop.Item:{number}") for number in range(4)]
        assert chosen == ["Item", "shop.Item", "shop.Item_2", "shop.Item_3"]

    def test_an_output_is_named_after_its_model(self) -> None:
        names = Names()
        assert names.choose_output("Item") == "ItemOutput"

    def test_an_output_and_a_model_of_its_name_are_told_apart(self) -> None:
        names = Names()
        assert names.choose("shop.ItemOutput:1") == "ItemOutput"
        assert names.choose_output("Item") == "ItemOutput_2"
