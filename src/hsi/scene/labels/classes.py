"""The classes of features: text, or whole numbers in whatever form they are written."""

import math
from collections.abc import Sequence
from itertools import count
from typing import Any

from hsi.scene.reading import NAME, plain

Number = int | float


def classes_of(
    values: Sequence[Any], unlabelled: tuple[Number, ...], field: str
) -> tuple[list[int | None], dict[int, str], list[str]]:
    """Return the label of each feature, and the names of labels that are text.

    If all values are numbers, they are the labels. If any is other text, all are names: they are
    numbered 1, 2, ... in alphabetical order, without the numbers that mean unlabelled.

    Args:
        values: What the field of the class holds for each feature.
        unlabelled: Numbers that mean no class.
        field: What errors call the field, with its file.

    Returns:
        The label of each feature, None for no class; names of labels; and remarks for the user.

    Raises:
        ValueError: If a value is neither text nor a number, a number is not a whole one of 64 bits,
            or no feature has a class.
    """
    texts = [_text(value, field) for value in values]
    given = sorted(set(texts) - {""})
    if not given:
        raise ValueError(f"{field} is empty in all of {len(texts):,} features")
    empty = texts.count("")
    remarks = [f"{empty:,} features are left out, because {field} is empty"] if empty else []

    numbers = {text: number for text in given if (number := _number(text)) is not None}
    if len(numbers) < len(given):
        free = (number for number in count(1) if number not in unlabelled)
        names = dict(zip(free, given, strict=False))
        label = {text: number for number, text in names.items()}
        if alike := _alike(given):
            remarks.append(f"{field}: {' and '.join(alike)} are different classes")
        return [label.get(text) for text in texts], names, remarks

    label = {text: _whole(number, field) for text, number in numbers.items()}
    none = sum(label.get(text) in unlabelled for text in texts)
    if none:
        remarks.append(f"{none:,} features are left out, because {field} holds an unlabelled value")
    kept = {text: number for text, number in label.items() if number not in unlabelled}
    return [kept.get(text) for text in texts], {}, remarks


def _text(value: object, field: str) -> str:
    """Return a value as text without needless spaces; empty if it says nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if not isinstance(value, str | int | float):
        kind, shown = type(value).__name__, plain(str(value), NAME)
        raise ValueError(f"{field} should hold text or whole numbers, it holds {kind} {shown}")
    text = " ".join(str(value).split())
    return "" if text.casefold() in ("nan", "null") else text


def _number(text: str) -> Number | None:
    """Return the number that a text is, None if it is none."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(number: Number, field: str) -> int:
    if number != int(number) or not -(2**63) <= number < 2**63:
        raise ValueError(
            f"{field} should hold text or whole numbers of at most 64 bits, it holds {number}"
        )
    return int(number)


def _alike(names: Sequence[str]) -> list[str]:
    """Return the first names that differ only in the case of their letters."""
    for name in names:
        alike = [other for other in names if other.casefold() == name.casefold()]
        if len(alike) > 1:
            return alike
    return []
