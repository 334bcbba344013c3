"""Runs a script or a module that imports micrograd with gradling instead."""

import os
import runpy
import sys

from gradling.micrograd import install

USAGE = """\
usage: python -m gradling.micrograd SCRIPT [ARGUMENT ...]
       python -m gradling.micrograd -m MODULE [ARGUMENT ...]

Runs SCRIPT or MODULE with `import micrograd` meaning gradling's drop-in."""


def main() -> None:
    """`python -m gradling.micrograd script.py arguments`"""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        print(USAGE)
        sys.exit(0 if arguments[:1] in (["-h"], ["--help"]) else 2)
    if arguments[0] == "-m":
        # As `python -m` has it: modules are found from the working directory.
        sys.path[0] = os.getcwd()
        install()
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    script = arguments[0]
    if not os.path.exists(script):
        print(f"error: there is no file {script}", file=sys.stderr)
        sys.exit(2)
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    install()
    sys.argv = arguments
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
