"""Run the command ``feedpub``, also as ``python -m feedpub``."""

import os
import sys

from .interrupts import find_exit_code, find_interrupt, install_handlers, restore_handlers


def main() -> None:
    """Run the command line. An interrupt while it is still being imported is reported in one line, too."""
    try:
        install_handlers()
        _ensure_utf8_file_names()
        from .cli.main import main as run_command
        from .cli.output import install_hooks

        install_hooks()
        run_command()
    except BaseException as error:
        interrupt = find_interrupt(error)
        if interrupt is None or isinstance(error, SystemExit):
            raise
        # `cli.output.echo` may not be imported yet.
        sys.stderr.write("\nfeedpub: interrupted; no partially written files were left behind\n")  # noqa: TID251
        sys.exit(find_exit_code(interrupt))
    finally:
        restore_handlers()


def _ensure_utf8_file_names() -> None:
    """Restart Python in UTF-8 mode if the locale has another encoding for file names (PEP 540).

    File names of entries become ids and links. They must be the same in every locale, or all readers would show all
    articles as new. Output stays in the encoding of the terminal.
    """
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1" or not sys.executable:
        return
    environment = os.environ | {"PYTHONUTF8": "1"}
    if sys.stdout is not None:
        environment.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606  # the same program


if __name__ == "__main__":
    main()
