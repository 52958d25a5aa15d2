"""Damage to the bytes of a file, as a broken disk or a stranger would do it."""

import re

import numpy as np

MOST = 4  # changes to one file
SCALAR = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+\w.]+')  # a number, a word, or a string of JSON
# What readers have fallen over: numbers out of range, other types, other languages, long and
# strange text.
TEXTS = (
    *(b"0", b"-1", b"1", b"2", b"3", b"65536", b"2147483648", b"999999999999", b"9" * 400),
    *(b"1e999", b"-1e308", b"nan", b"NaN", b"Infinity", b"0.5", b"1e-320", b"0x7f", b"1_0"),
    *(b"null", b"true", b"~", b"[]", b"{}", b"[[]]", b'""', b'"x"', b"x", b"*a", b"&a [*a]"),
    *(b"!!python/object/apply:os.getcwd []", b"<<: 1", b"2026-11-28", b"..", b"/etc/passwd"),
    *(b"/vsicurl/http://127.0.0.1:9/x", b"&#47;vsi", b"<x>", b"&lt;", b"\\u202e", b"\\ud800"),
    *(
        "\u202e\u6c34".encode(),
        b"\x1b[2J",
        b"\0",
        b"\xff\xfe",
        b"\r\n",
        b"$x_{",
        b"=1+1",
        b"[" * 3000,
    ),
)
NUMBERS = tuple(
    value.to_bytes(size, order, signed=value < 0)
    for size in (1, 2, 4, 8)
    for value in (0, 1, -1, 2 ** (8 * size - 1) - 1, -(2 ** (8 * size - 1)), 2 ** (4 * size))
    for order in ("little", "big")
)


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """Return content with one to `MOST` changes."""
    for _ in range(int(generator.integers(1, MOST + 1))):
        content = CHANGES[int(generator.integers(len(CHANGES)))](content, generator)
    return content


def _place(content: bytes, generator: np.random.Generator) -> int:
    """Return a place in the content; every second one lies at its begin, where headers are."""
    size = len(content)
    limit = min(size, 512) if generator.random() < 0.5 else size
    return int(generator.integers(limit + 1))


def _flip(content: bytes, generator: np.random.Generator) -> bytes:
    place = _place(content, generator)
    if place >= len(content):
        return content
    flipped = content[place] ^ (1 << int(generator.integers(8)))
    return content[:place] + bytes([flipped]) + content[place + 1 :]


def _cut(content: bytes, generator: np.random.Generator) -> bytes:
    return content[: _place(content, generator)]


def _remove(content: bytes, generator: np.random.Generator) -> bytes:
    place, size = _place(content, generator), int(generator.integers(1, 64))
    return content[:place] + content[place + size :]


def _insert(content: bytes, generator: np.random.Generator) -> bytes:
    place, size = _place(content, generator), int(generator.integers(1, 64))
    return content[:place] + generator.bytes(size) + content[place:]


def _repeat(content: bytes, generator: np.random.Generator) -> bytes:
    place, source = _place(content, generator), _place(content, generator)
    size = int(generator.integers(1, 256))
    return content[:place] + content[source : source + size] + content[place:]


def _number(content: bytes, generator: np.random.Generator) -> bytes:
    place, number = _place(content, generator), NUMBERS[int(generator.integers(len(NUMBERS)))]
    return content[:place] + number + content[place + len(number) :]


def _text(content: bytes, generator: np.random.Generator) -> bytes:
    found = [each.span() for each in SCALAR.finditer(content[:100_000])]
    if not found:
        return content
    begin, end = found[int(generator.integers(len(found)))]
    return content[:begin] + TEXTS[int(generator.integers(len(TEXTS)))] + content[end:]


CHANGES = (_flip, _flip, _cut, _remove, _insert, _repeat, _number, _number, _text, _text, _text)
