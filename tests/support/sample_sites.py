"""Entries folders for tests: small files, written where a test needs them."""

from collections.abc import Mapping
from pathlib import Path

SETTINGS = """\
base_url = "https://site.test/"
authority = "site.test,2026"
languages = ["en", "zh-Hans"]
"""
ENGLISH = """\
---
title: Night trains
published: 2026-02-01T09:00:00+08:00
---
## Summary
They are back.

## Key Points
- Cars are rare
  - and slow to build

## References
1. [Timetable](https://works.test/timetable) - Railway
"""
CHINESE = """\
---
title: 夜间列车
---
## 总结
夜间列车回来了。

## 关键点
- 车辆不足
  - 建造缓慢

## 参考文献
1. [时刻表](https://works.test/timetable) - 铁路
"""
# Both languages of an article that has nothing wrong.
GOOD = {"trains.en.md": ENGLISH, "trains.zh-Hans.md": CHINESE}


def write_site(folder: Path, files: Mapping[str, str | bytes], settings: str | bytes | None = SETTINGS) -> Path:
    """Make an entries folder; without settings it has no feedpub.toml. Text is written as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = dict(files)
    if settings is not None:
        contents["feedpub.toml"] = settings
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def post(text: str = "Text.\n", **matter: str) -> str:
    """Make an English entry file with title and date; keys that are empty are left out."""
    keys = {"title": "Night trains", "published": "2026-02-01"} | matter
    lines = [f"{key}: {value}\n" for key, value in keys.items() if value]
    return f"---\n{''.join(lines)}---\n{text}"
