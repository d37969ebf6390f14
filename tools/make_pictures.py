"""Make the screenshots of the documentation anew: python tools/make_pictures.py (`make pictures`).

Builds the sample site and opens its pages in Chromium (Debian: chromium, fonts-wqy-zenhei for Chinese). Look at each
picture afterwards; a test refuses files of more than 150,000 bytes.
"""

import subprocess
import tempfile
from pathlib import Path

import feedpub

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
# Name, page of the published folder, width and height of the window.
PICTURES = (
    ("article.png", "en/writing-for-translation/index.html", 900, 760),
    ("article.zh-Hans.png", "zh-Hans/writing-for-translation/index.html", 900, 760),
    ("language.png", "zh-Hans/index.html", 900, 640),
)
# An inner frame takes the colour scheme of its element.
BOTH_SCHEMES = """<!doctype html><style>body{{margin:0;display:flex}}iframe{{border:0;width:50%;height:100vh}}</style>
<iframe src="{page}" style="color-scheme:light"></iframe><iframe src="{page}" style="color-scheme:dark"></iframe>"""


def take_screenshot(page: Path, picture: Path, width: int, height: int) -> None:
    """Open a page of this machine in Chromium and save what its window shows."""
    options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-color-profile=srgb"]
    subprocess.run(
        ["chromium", *options, "--allow-file-access-from-files", f"--window-size={width},{height}",
         f"--screenshot={picture}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def main() -> None:
    """Build the sample site, and take all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        public = Path(folder, "public")
        feedpub.build(ROOT / "entries", public)
        for name, page, width, height in PICTURES:
            take_screenshot(public / page, IMAGES / name, width, height)
        both = public / "both.html"
        both.write_text(BOTH_SCHEMES.format(page="ar/index.html"), encoding="utf-8")
        take_screenshot(both, IMAGES / "light-and-dark.png", 1200, 560)


if __name__ == "__main__":
    main()
