"""What the flat reader of front matter reads is what YAML means, but for the signs that authors mean otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from feedpub.entries.front_matter import FlatReader
from feedpub.entries.yaml_reader import YamlError, read_yaml

if TYPE_CHECKING:
    from feedpub.entries.value import Value

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
def test_flat_front_matter(text: str) -> None:
    assume("!" not in text and " #" not in text)
    assume(not set("\x85\u2028\u2029") & set(text))  # ends of lines in YAML 1.1, not in 1.2: authors see none
    found = FlatReader(text, 4).read()
    if found is None:
        return
    try:
        expected, comments = read_yaml(text, 4)
    except YamlError as error:
        raise AssertionError(f"YAML refuses it: {error}") from error
    assert list(map(_parts, found)) == list(map(_parts, expected))
    assert not comments


def _parts(pair: tuple[Value, Value]) -> tuple[Value, Value | None]:
    """Return a pair without the place of a value that is empty."""
    key, value = pair
    return key, value if value.content else None
