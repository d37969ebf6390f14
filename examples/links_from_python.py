"""Check a list of addresses, and print the dead links: python links_from_python.py HISTORY ADDRESS..."""

import sys

import feedpub


def main(history: str, urls: list[str]) -> int:
    """Print each result as soon as it is known; return 1 if a link is dead."""
    run = feedpub.iter_checked_links(urls, history=history, settings=feedpub.LinkSettings(deadline=20, concurrency=32))
    for link in run:
        print(f"{link.status}: {link.url} {link.reason}".rstrip())
    if run.report.network_down:
        print("the network of this computer is down, so no failure counts")
        return 3
    for link in run.report.broken:
        print(f"dead since {link.incident.opened:%Y-%m-%d}: {link.url}" if link.incident else f"dead: {link.url}")
    return 1 if run.report.broken else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: links_from_python.py HISTORY ADDRESS...")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
