"""``python -m healthdata_synthetic_generator``: the same program as ``healthdata``; without arguments, the main job."""

import sys

from ._engine import run


def main() -> None:
    """Run the command line with the arguments of this process and exit with its code."""
    # The parser of the program itself reads them, so the two can't drift apart.
    sys.stdout.flush()
    sys.exit(run(["healthdata", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
