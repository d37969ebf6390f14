"""Chinese and Japanese letters, for joining lines: between two of them no space belongs, unlike in Korean."""

from __future__ import annotations

from typing import Final

# Ranges for a character class: radicals to Bopomofo, CJK strokes to ideographs with extensions, compatibility forms,
# full-width letters and half-width Katakana. Hangul is not among them.
CJK: Final = "\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f\U00020000-\U0003ffff"
# Full-width punctuation, which needs no space before or after it.
WIDE: Final = "\u3000-\u3004\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
