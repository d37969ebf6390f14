"""HTML that is not published is found by comparing what was written with what was kept."""

from __future__ import annotations

import pytest

from feedpub.entries.linting.losses import find_losses
from feedpub.rendering.sanitiser import sanitise_html

BASE = "https://site.test/en/a/"


def read_losses(html: str) -> list[str]:
    """Return the losses of HTML in a short form: kind, count, element, attribute, address."""
    return [
        " ".join(filter(None, (loss.kind, str(loss.count), loss.element, loss.attribute, loss.address)))
        for loss in find_losses(html, sanitise_html(html, BASE))
    ]


@pytest.mark.parametrize(
    ("html", "losses"),
    [
        # kept
        ("<p>x</p>", []),
        ("<h1>x</h1><h6>y</h6><s>a</s><strike>b</strike>", []),
        ("<noscript><img src=a.png alt=b></noscript><picture><source srcset=c><img></picture>", []),
        ("<div class=a><span style=b><font color=c>x</font></span></div>", []),
        ("<table width=5 border=1><tr><td width=5 style='text-align:right'>x</table>", []),
        ("<a href='b.html' rel=x target=y>x</a> <a href='#n'>y</a> <a name=z>z</a> <a href=mailto:a@b>m</a>", []),
        ("<math><semantics><mi>x</mi><annotation encoding=TeX>x</annotation></semantics></math>", []),
        ("<img src='data:x' data-src='real.png'>", []),
        ("<img src='data:x' data-src=a.png><noscript><img src=a.png></noscript>", []),
        ("<span><span><math><mi>x</mi></math></span><img src=x.svg aria-hidden=true></span>", []),
        ("<img srcset='a.png 1x, b.png 2x'>", []),
        ("<!-- <script> --> &lt;u&gt; <p id='<u>'>x</p>", []),
        # not kept
        ("<u>x</u> <U>y</U> <T>", ["unwrapped 2 u", "unwrapped 1 T"]),
        ("<script>'<u>'</script><style>x</style><SCRIPT>y</SCRIPT>", ["removed 2 script", "removed 1 style"]),
        ("<svg><title>x</title><a href='javascript:x'>y</a></svg>", ["removed 1 svg"]),
        ("<form><input><button>x</button></form>", ["removed 1 form", "removed 1 input", "unwrapped 1 button"]),
        ("<IFrame src='https://v.test/1'></IFrame>", ["replaced 1 IFrame https://v.test/1"]),
        (
            "<iframe src='https://v.test/1'></iframe><iframe srcdoc=x></iframe>",
            ["replaced 1 iframe https://v.test/1", "removed 1 iframe https://v.test/1"],
        ),
        ("<embed src='javascript:x'>", ["removed 1 embed javascript:x"]),
        ("<a href='javascript:x'>x</a><a href='https://s.test/'>y</a>", ["address 1 a href javascript:x"]),
        ("<a href='&#106;avascript:x'>x</a>", ["address 1 a href javascript:x"]),
        ("<a href='b.html' title='t'>x</a>", ["attribute 1 a title"]),
        (
            "<img src='data:x'><img src='data:y'><img alt=z>",
            ["removed 1 img data:x", "removed 1 img data:y", "removed 1 img"],
        ),
        (
            "<ol start=x reversed type=disc><li value=y>z</ol>",
            ["attribute 1 ol start", "attribute 1 ol type", "attribute 1 li value"],
        ),
        ("<td align=justify>x</td>", []),
        ("<table><tr><td align=justify>x<td align=left>y</table>", ["attribute 1 td align"]),
    ],
)
def test_losses(html: str, losses: list[str]) -> None:
    assert sorted(read_losses(html)) == sorted(losses)


def test_losses_are_in_the_order_of_the_text() -> None:
    html = "<p>a</p><u>b</u><script>c</script><a href='data:x' title='y'>d</a>"
    losses = find_losses(html, sanitise_html(html, BASE))
    positions = [loss.position for loss in losses]
    assert positions == sorted(positions)
    assert [html[position:].startswith(f"<{loss.element}") for loss, position in zip(losses, positions, strict=True)]


def test_losses_are_described() -> None:
    html = "<u>a</u><iframe src='https://v.test/'></iframe><script></script><img><a title=x>y</a>"
    codes = {loss.element: loss.describe_problem()[0] for loss in find_losses(html, sanitise_html(html, BASE))}
    assert codes == {"u": "N132", "iframe": "W106", "script": "W106", "img": "W106", "a": "N132"}
