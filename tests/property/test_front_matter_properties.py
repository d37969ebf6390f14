"""Front matter is read as YAML, except for characters that authors mean otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from feedpub.entries.front_matter.yaml_reader import read_yaml
from feedpub.entries.source import Source

if TYPE_CHECKING:
    from feedpub.entries.front_matter.value import Value

MANY = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
pieces = st.sampled_from(
    [
        *"a B3 word 中文 ع é — - / ／ : . , ; ? ( ) ' \" “ ” ： % $ + = | { } ^ @ 😀 & * ** _ ` ~ < > [ ] \\".split(),
        "a: b", "C++", "https://x.test/?a=1&b=2", "'a'", '"b"', "'' ", " ", " ", "  ", "\t", "\u00a0", "\u3000",
        "\u2028",        "\u200b", "\ufeff", "null", "~", "no",
    ]
)  # fmt: skip


def words(*others: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(pieces, max_size=4).map("".join), st.sampled_from([*others, "null", "~", "", "Null", "no"])
    )


scalars = st.one_of(
    words("some text", "https://x.test/?a=1&b=2#c", "2026-02-01T09:00:00+08:00", "a: b", "C#", "a:", "x  y"),
    words().map('"{}"'.format),
    words().map("'{}'".format),
    st.lists(words("AI", "Web 2.0", "R&D", "C++", "a: b"), max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    words("AI,Web", "[a", "a, b", " a , b ").map("[{}]".format),
    st.text(max_size=6),
)
keys = st.sampled_from(
    ["title", "Tags", "a", "x-y", "x_y", "null", "Null", "y", "no", "é", "a b", "'a'", "- a", "? a", ""]
)
pairs = st.builds(
    "{}:{}{}{}\n".format, keys, st.sampled_from([" ", " ", "", "  ", "\t"]), scalars, st.sampled_from(["", " ", "\t"])
)


blocks = st.lists(st.builds("{}- {}".format, st.sampled_from(["", "  "]), scalars), min_size=1, max_size=3).map(
    "\n".join
)
lists = st.builds("{}:\n{}\n".format, keys, blocks)


@MANY
@given(st.lists(st.one_of(pairs, pairs, lists, st.sampled_from(["\n", " a\n", "# a\n"])), max_size=4).map("".join))
@example('title: "a: b"\ntags: [a, b c ,d]  \n')
@example("tags:\n- a\n- 'b'\n- \"c\"\n")
@example("summary: >\n  a\n  b\ntitle: c\n")
@example("tags: [\na,\nb\n]\nkey: c\n")
@example("tags:\n- '' \n")
@example("title: 'a' #b\nkey: c\n")
def test_front_matter_is_read_as_yaml(text: str) -> None:
    assume("!" not in text and "~" not in text and "null" not in text.casefold())
    assume(not set("\x85\u2028\u2029") & set(text))  # ends of lines in YAML 1.1, not in 1.2: authors see none
    source = Source("a.md", text)
    pairs = read_yaml(source, 0, len(text))
    try:
        expected = yaml.load(text, Loader=yaml.CBaseLoader) or {}
    except yaml.YAMLError:
        assert source.problems or "#" in text
        return
    if any(problem.code == "E108" for problem in source.problems) or " #" in text:
        return
    assert {key.content: strip_positions(value) for key, value in pairs} == expected


def strip_positions(value: Value) -> object:
    """Return a value without positions."""
    if isinstance(value.content, dict):
        return {key: strip_positions(inner) for key, inner in value.content.items()}
    return [strip_positions(inner) for inner in value.content] if isinstance(value.content, list) else value.content
