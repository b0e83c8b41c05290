"""DuckDB as a peer: a program for Node.js beside the npm package, which build/bench keeps."""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build/bench/duckdb"
PACKAGE = "@duckdb/node-api@1.5.6-r.1"


def install(name, program):
    """The path of the program, written there as `name`; nothing where npm cannot install DuckDB."""
    if not (FOLDER / "node_modules").exists():
        if not shutil.which("npm"):
            return None
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text('{"name": "bench", "private": true}\n')
        done = subprocess.run(["npm", "install", "--silent", PACKAGE], cwd=FOLDER, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"DuckDB is left out: npm cannot install {PACKAGE}: {done.stderr.strip()[:200]}")
            return None
    path = FOLDER / name
    path.write_text(program)
    return path
