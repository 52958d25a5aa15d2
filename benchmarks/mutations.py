"""Damage to the bytes of a file, as a broken disk or a stranger would do it."""

import json
import re
from collections.abc import Iterator

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
VALUES: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 2, 0.5, 1e308, -1e308, float("nan"), float("inf"), 10**30),
    *("", "x", "a/b", "<b>", "\u202e", "\n", "none", "svm", "hybridsn", "x" * 3000, "EPSG:0"),
    *([], {}, [[]], [0], ["x"], {"x": 1}, list(range(300))),
)
NUMBERS = tuple(
    value.to_bytes(size, order, signed=value < 0)
    for size in (1, 2, 4, 8)
    for value in (0, 1, -1, 2 ** (8 * size - 1) - 1, -(2 ** (8 * size - 1)), 2 ** (4 * size))
    for order in ("little", "big")
)


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """Return content with one to `MOST` changes; JSON mostly stays JSON."""
    if content[:1] == b"{" and generator.random() < 0.7:
        try:
            return _other_json(json.loads(content), generator)
        except (ValueError, RecursionError):
            pass
    for _ in range(int(generator.integers(1, MOST + 1))):
        content = CHANGES[int(generator.integers(len(CHANGES)))](content, generator)
    return content


def _other_json(content: object, generator: np.random.Generator) -> bytes:
    """Return JSON of which some values are others, are missing, or have another name."""
    for _ in range(int(generator.integers(1, MOST + 1))):
        holders = list(_holders(content))
        holder = holders[int(generator.integers(len(holders)))] if holders else {}
        if not holder:
            continue
        place, how = int(generator.integers(len(holder))), int(generator.integers(6))
        value = VALUES[int(generator.integers(len(VALUES)))]
        if isinstance(holder, list):
            if how == 0:
                del holder[place]
            elif how == 1:
                holder.append(holder[place])
            else:
                holder[place] = value
            continue
        key = list(holder)[place]
        if how < 2:
            old = holder.pop(key)
            holder |= {f"{key}s": old} if how else {}
        else:
            holder[key] = value
    return json.dumps(content).encode(errors="surrogatepass")


def _holders(content: object) -> Iterator[dict[str, object] | list[object]]:
    """Yield all objects and lists of JSON."""
    if isinstance(content, dict | list):
        yield content
        for each in content.values() if isinstance(content, dict) else content:
            yield from _holders(each)


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
