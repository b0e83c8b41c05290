#!/usr/bin/env python3
"""The compiler itself keeps the layering: with the include directories that a module's target exports, a header of a
module that it may not include is not found, and every one that it may include is.

usage: compile_test.py COMPILER REPOSITORY FOLDER
FOLDER holds MODULE.includes, the include directories of each module's target as CMake evaluates them, a line each.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from check_layering import reachable, read_modules  # noqa: E402


def preprocess(compiler, directories, header, folder):
    source = folder / "planted.cc"
    source.write_text(f'#include "{header}"\nint planted;\n')
    command = [compiler, "-std=c++20", "-E", "-o", "/dev/null", *[f"-I{path}" for path in directories], str(source)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def main(compiler, repository, folder):
    modules = read_modules(Path(repository))
    refused = allowed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in modules:
            directories = Path(folder, f"{name}.includes").read_text().split()
            may = reachable(modules, name)
            for other, module in modules.items():
                header = f"archmlp/{other}/{module['HEADERS'][0]}"
                result = preprocess(compiler, directories, header, Path(scratch))
                if other in may:
                    allowed += 1
                    assert result.returncode == 0, f"{name} may include {header}, but:\n{result.stderr}"
                else:
                    refused += 1
                    assert result.returncode != 0, f"{name} must not see {header}, but it compiles"
                    # Refused for this reason and no other.
                    assert header in result.stderr and ("No such file" in result.stderr or "not found" in result.stderr), \
                        f"{name}, {header}: {result.stderr}"
    assert refused and allowed, "nothing was tried"
    print(f"{refused} planted includes refused by the compiler, {allowed} lawful ones found")


if __name__ == "__main__":
    main(*sys.argv[1:])
