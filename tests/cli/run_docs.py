#!/usr/bin/env python3
"""run_docs COMMAND PAGE...: runs every ```sh block of the pages and checks its exit code.

The blocks of one page run in order in one scratch folder that holds the project's examples/ (as a link). A block
must exit with 0, or with the N of a line "<!-- exit N -->" just above it. A block that follows the line
"<!-- not run -->" is not run: those that install, or build the project. Each block is one `sh -e` script. A ```c
block below a line "<!-- file PATH -->" must be that file of the project, word for word.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"(?:<!-- (not run|exit ([0-9]+)) -->\s*\n)?```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)

LISTING = re.compile(r"<!-- file (\S+) -->\s*\n```c\n(.*?)^```", re.DOTALL | re.MULTILINE)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_page(page, command):
    text = page.read_text(encoding="utf-8")
    failed = count = 0
    for path, listing in LISTING.findall(text):
        count += 1
        if listing != (ROOT / path).read_text(encoding="utf-8"):
            failed += 1
            print(f"{page}: the listing is not {path}")
    with tempfile.TemporaryDirectory() as scratch:
        folder, tools = pathlib.Path(scratch) / "here", pathlib.Path(scratch) / "bin"
        folder.mkdir()
        tools.mkdir()
        (tools / "heatbath").symlink_to(command)
        (folder / "examples").symlink_to(ROOT / "examples")
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}")
        for match in BLOCK.finditer(text):
            rule, code, script = match.groups()
            if rule == "not run":
                continue
            count += 1
            done = subprocess.run(["sh", "-ec", script], cwd=folder, env=environment, timeout=120,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != int(code or 0):
                failed += 1
                line = text.count("\n", 0, match.start(3)) + 1
                print(f"{page}:{line}: exit code {done.returncode}, not {code or 0}\n{script}{done.stdout}{done.stderr}")
    print(f"{page}: {count} blocks, {failed} failed")
    return failed


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    command = pathlib.Path(arguments[1]).resolve()
    return 1 if sum(run_page(pathlib.Path(page), command) for page in arguments[2:]) > 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
