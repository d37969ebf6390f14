"""``python -m feedpub``, and the command ``feedpub``."""

import os
import sys

from .interrupts import find_exit_code, find_interrupt, install_handlers, restore_handlers


def main() -> None:
    """Run the command line; an interrupt is quiet while it is still being loaded, too."""
    try:
        install_handlers()
        _read_names_as_utf8()
        from .cli.main import main as run
        from .cli.output import install_hooks

        install_hooks()
        run()
    except BaseException as error:
        interrupt = find_interrupt(error)
        if interrupt is None or isinstance(error, SystemExit):
            raise
        # `echo` may not be loaded yet.
        sys.stderr.write("\nfeedpub: interrupted; no partially written files were left behind\n")  # noqa: TID251
        sys.exit(find_exit_code(interrupt))
    finally:
        restore_handlers()


def _read_names_as_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale would read file names otherwise (PEP 540).

    Names of entries become ids and links: they must be the same under every locale, or every reader would show new
    articles. What is printed stays in the encoding of the terminal.
    """
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1" or not sys.executable:
        return
    environment = os.environ | {"PYTHONUTF8": "1"}
    if sys.stdout is not None:
        environment.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606  # this very program


if __name__ == "__main__":
    main()
