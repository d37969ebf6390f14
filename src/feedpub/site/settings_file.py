"""The text of feedpub.toml: parse it, and find the line of a setting for a problem with it."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import Any, Final

from ..errors import ConfigError, Problem, ProblemList

_MOST_DOTS: Final = 5000  # in a line: tomllib takes the square of the number of parts of a dotted key
_DEEPEST_SETTING: Final = 3  # [headings.<language>] summary
_TOML_LOCATION: Final = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_NOT_PART_OF_KEYS: Final = dict.fromkeys(map(ord, "\"' \t"))


def strip_key(key: str) -> str:
    """Return a TOML key without quotes and white space."""
    return key.translate(_NOT_PART_OF_KEYS)


class SettingsFile:
    """The text of one settings file, and the problems with it.

    Settings have names such as ``limit`` or, in a table, ``links.proxy``.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path, self._text = path, text
        self._lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")  # as TOML counts them
        self.problems = ProblemList()

    def parse(self) -> dict[str, Any]:
        """Return the data of the file.

        Raises:
            ConfigError: It is not TOML.
        """
        for line in self._lines:
            if line.count(".") > _MOST_DOTS:
                hint = "no setting takes more than a list of texts, or a table"
                raise self._make_error(line, f"contains more than {_MOST_DOTS:,} dots", hint)
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise self._make_syntax_error(str(error)) from None
        except RecursionError:
            deepest = max(self._lines, key=lambda line: line.count("[") + line.count("{"))
            raise self._make_error(deepest, "is nested too deeply", "no setting needs more than three levels") from None
        except ValueError as error:  # Python reads no numbers of thousands of digits
            longest = max(self._lines, key=lambda line: sum(map(str.isalnum, line)))
            raise self._make_error(longest, f"cannot be read ({error})", "write a shorter number") from None

    def _make_syntax_error(self, text: str) -> ConfigError:
        location = _TOML_LOCATION.search(text)
        line = int(location[1]) if location and location[1] else len(self._lines)
        column = int(location[2]) if location and location[2] else 0
        message = re.sub(r" \(at .*\)", "", text).lower()
        hint = "write text in quotes, lists in [ ], and each setting on its own line"
        excerpt = self._make_excerpt(line)
        column = column if excerpt in self._lines else 0  # the column may be in the value that is left out
        problem = Problem(
            code="E002", path=self.path, line=line, column=column, excerpt=excerpt, message=message, hint=hint
        )
        return ConfigError([problem])

    def _make_error(self, line: str, message: str, hint: str) -> ConfigError:
        number = self._lines.index(line) + 1
        problem = Problem(
            code="E002", path=self.path, line=number, excerpt=self._make_excerpt(number), message=message, hint=hint
        )
        return ConfigError([problem])

    def add_problem(self, code: str, name: str, message: str, hint: str = "", value: object = None) -> None:
        """Record a problem at the line of a setting.

        Args:
            code: Its code.
            name: The name of the setting.
            message: What is wrong.
            hint: What to do.
            value: The value that is marked in the line; the name of the setting marks the name.
        """
        if self.problems.is_full(code):
            self.problems.add(Problem(code=code, message=message))
            return
        line, column, end = self._locate_setting(name, value)
        excerpt = self._make_excerpt(line)
        end = min(end, len(excerpt) + 1)  # the value may be left out
        self.problems.add(
            Problem(
                code=code, path=self.path, line=line, column=column, end_column=end, excerpt=excerpt,
                message=message, hint=hint,
            )
        )  # fmt: skip

    def _make_excerpt(self, number: int) -> str:
        """Return a line for a message. The values of [links.hosts] are left out: they may be secret."""
        if not 0 < number <= len(self._lines):
            return ""
        line = self._lines[number - 1]
        key, equals, _ = line.partition("=")
        headers = (line for line in reversed(self._lines[: number - 1]) if line.lstrip().startswith("["))
        return f"{key}= …" if equals and ("hosts" in key or "hosts" in next(headers, "")) else line

    def _locate_setting(self, name: str, value: object) -> tuple[int, int, int]:
        """Return line, column and end column of a setting: of its value, or of its name if `value` is the name."""
        if name not in self._setting_locations:
            parent = name.rpartition(".")[0]
            return self._locate_setting(parent, value) if parent else (0, 0, 0)
        number, value_start = self._setting_locations[name]
        line = self._lines[number - 1]
        if not value_start:  # the header of a table
            return number, 1, len(line) + 1
        text = str(value) if value is not None else ""
        is_key = text == strip_key(line[: line.find("=")])
        start = line.find(text, 0 if is_key else value_start) if text else -1
        if start >= 0:
            return number, start + 1, start + 1 + len(text)
        return number, value_start + 1, len(line.rstrip()) + 1

    @functools.cached_property
    def _setting_locations(self) -> dict[str, tuple[int, int]]:
        """Table or setting → its line, from 1, and the offset of the value in it; 0 for the header of a table."""
        locations: dict[str, tuple[int, int]] = {}
        table = ""
        for number, line in enumerate(self._lines, start=1):
            if line.lstrip().startswith("["):
                table = strip_key(line.strip().strip("[").partition("]")[0])
                locations.setdefault(table, (number, 0))
                continue
            key, equals, value = line.partition("=")
            if equals:
                location = number, len(line) - len(value.lstrip())
                names = f"{table}.{strip_key(key)}".lstrip(".").split(".", _DEEPEST_SETTING)
                for depth in range(1, len(names) + 1):  # `links.proxy = …` is a location of `links`, too
                    locations.setdefault(".".join(names[:depth]), location)
        return locations
