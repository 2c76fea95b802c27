"""The Lua files keep the form that makes them readable, and say in their headers what they do."""

from __future__ import annotations

import inspect
import re

import pytest

from tuan.adapters.redis_inventory import RedisInventory, inventory
from tuan.adapters.redis_inventory.keys import ShardKeys
from tuan.adapters.redis_inventory.scripts import LIBRARY, LUA, script
from tuan.domain.claim import Code

VERBS = sorted(path.name.removesuffix(".lua") for path in LUA.iterdir() if path.name.endswith(".lua"))
SECTIONS = ("KEYS", "ARGV", "RETURNS", "IDEMPOTENT BY", "CALLED FROM")
VERB_LINES_MAX = 60
LIBRARY_LINES_MAX = 120

_SECTION = re.compile(rf"^-- ({'|'.join(SECTIONS)})\s+", re.MULTILINE)
_CODE = re.compile(r"\bCode\.([A-Z_]+)")
_CODE_NAME = re.compile(rf"\b({'|'.join(Code.__members__)})\b")


def _text(path: str) -> str:
    return (LUA / path).read_text(encoding="utf-8")


def _header(verb: str) -> dict[str, str]:
    """Section -> its text; the purpose is under ""."""
    comment = _text(f"{verb}.lua").split("\n\n", 1)[0]
    parts = _SECTION.split(comment)
    return dict(zip(["", *parts[1::2]], parts[0::2], strict=True))


def _body(verb: str) -> str:
    return _text(f"{verb}.lua").split("\n\n", 1)[1]


def _definitions() -> dict[str, str]:
    """Name -> text of each top-level definition of the library."""
    library = "\n".join(_text(f"lib/{name}.lua") for name in LIBRARY)
    blocks = re.split(r"^local (?:function )?(?=[A-Za-z_]+)", library, flags=re.MULTILINE)[1:]
    return {re.match(r"\w+", block)[0]: block for block in blocks}  # type: ignore[index]


def _reachable(text: str) -> str:
    """The text and every library definition that it uses, directly or not."""
    definitions, found, todo = _definitions(), {}, [text]
    while todo:
        current = todo.pop()
        for name in set(re.findall(r"\w+", current)) & definitions.keys() - found.keys():
            found[name] = definitions[name]
            todo.append(definitions[name])
    return text + "".join(found.values())


def test_the_library_is_whole() -> None:
    """Goal: no file of the library is forgotten. Method: compare the list with the folder."""
    files = {path.name.removesuffix(".lua") for path in (LUA / "lib").iterdir()}
    assert files == set(LIBRARY)


@pytest.mark.parametrize("verb", VERBS)
def test_headers_have_every_section_in_order(verb: str) -> None:
    """Goal: a reader finds purpose, KEYS, ARGV, RETURNS, IDEMPOTENT BY, CALLED FROM. Method: parse the first comment."""
    header = _header(verb)
    assert tuple(header) == ("", *SECTIONS)
    assert all(part.strip(" -\n") for part in header.values())
    assert header["KEYS"].strip(" -\n") == "every key of the shard, in the order of keys.py"


@pytest.mark.parametrize("verb", VERBS)
def test_headers_name_the_codes(verb: str) -> None:
    """Goal: RETURNS tells which codes to expect. Method: codes in the body are in the header, and those can be reached."""
    documented = set(_CODE_NAME.findall(_header(verb)["RETURNS"]))
    reachable = set(_CODE.findall(_reachable(_body(verb))))
    assert set(_CODE.findall(_body(verb))) - {"GRANTED"} <= documented
    assert documented <= reachable


def test_every_code_is_answered_by_some_verb() -> None:
    """Goal: the enum has no dead member. Method: the union of the headers is the enum."""
    documented = {code for verb in VERBS for code in _CODE_NAME.findall(_header(verb)["RETURNS"])}
    assert documented == set(Code.__members__)


@pytest.mark.parametrize("verb", VERBS)
def test_codes_and_keys_exist(verb: str) -> None:
    """Goal: no misspelt name, which Lua would take for nil. Method: every Code.x and Key.x against their definitions."""
    text = script(verb).source.decode()
    assert set(_CODE.findall(text)) <= set(Code.__members__)
    assert set(re.findall(r"\bKey\.(\w+)", text)) <= set(ShardKeys._fields)
    assert set(re.findall(r"\bState\.(\w+)", text)) <= {"PENDING", "CONFIRMED", "RELEASED", "EXPIRED"}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_are_called_from_where_they_say(verb: str) -> None:
    """Goal: no script without a caller. Method: CALLED FROM names a method, and the module names the script."""
    owner, _, method = _header(verb)["CALLED FROM"].strip(" -\n").partition(".")
    assert owner == RedisInventory.__name__
    assert callable(getattr(RedisInventory, method))
    assert f'"{verb}"' in inspect.getsource(inventory)


@pytest.mark.parametrize("path", [*(f"{verb}.lua" for verb in VERBS), *(f"lib/{name}.lua" for name in LIBRARY)])
def test_lua_files_are_short(path: str) -> None:
    """Goal: a verb fits on a screen. Method: count the lines below the header."""
    lines = _text(path).splitlines()
    assert sum(not line.startswith("--") for line in lines) <= (LIBRARY_LINES_MAX if "/" in path else VERB_LINES_MAX)
    assert max(map(len, lines)) <= 140
    assert not any("EXPIRE" in line and "redis.call" in line for line in lines)


def test_scripts_fit_into_lua() -> None:
    """Goal: the library stays loadable. Method: Lua 5.1 allows 200 local variables in a chunk; leave room."""
    for verb in VERBS:
        source = script(verb).source.decode()
        names = re.findall(r"^local (?:function )?([\w, ]+)", source, flags=re.MULTILINE)
        assert sum(len(group.split(",")) for group in names) <= 150
