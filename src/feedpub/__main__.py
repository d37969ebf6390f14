"""``python -m feedpub``, and the command ``feedpub``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C is quiet while it is still being loaded, too."""
    try:
        from .cli import main as run
        from .cli_output import install_hooks

        install_hooks()
        run()
    except KeyboardInterrupt:
        # `echo` may not be loaded yet.
        sys.stderr.write("\nfeedpub: interrupted; every file that was written is whole\n")  # noqa: TID251
        sys.exit(130)


if __name__ == "__main__":
    main()
