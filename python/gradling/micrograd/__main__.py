"""Runs a script that imports micrograd with gradling instead."""

import os
import runpy
import sys

from gradling.micrograd import install


def main() -> None:
    """`python -m gradling.micrograd script.py arguments`"""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: python -m gradling.micrograd SCRIPT [ARGUMENT ...]\n\n"
              "Runs SCRIPT with `import micrograd` meaning gradling's drop-in.")
        sys.exit(0 if len(sys.argv) > 1 else 2)
    script = sys.argv[1]
    if not os.path.exists(script):
        print(f"error: there is no file {script}", file=sys.stderr)
        sys.exit(2)
    install()
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
