#!/usr/bin/env python3
"""run_golden COMMAND CASE... [--update]: runs golden cases of the command line.

A case is a text file. Every line begins with the letter that says what it is:

    # a comment                     | a line of the file begun by the last `file`
    file NAME                       begins a file in the case's scratch folder
    $ command                       runs in sh in the scratch folder; `heatbath` is the command under test
    > a line of standard output     ! a line of standard error     ? exit code (0 if there is none)
    = expression                    Python; standard output must then be one JSON object (its keys are names,
                                    `data` is the whole), and `>` lines are not compared

In `>` and `!` lines {*} stands for any text and {N} for any number. Python's expressions must be True. With
--update, blocks that fail get the lines that were printed (never new expressions); blocks that pass keep theirs,
wildcards and all. Blanks at the end of a line do not count.
Each case runs alone in a folder of its own. Under HEATBATH_WRAPPER every heatbath runs behind that command.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

NUMBER = r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
SECONDS = 120  # a command that takes longer hangs; the whole tour takes 12 s, ten times that on a busy machine


class Block:
    """One command and what is expected of it."""

    def __init__(self, number, command):
        self.number, self.command = number, command
        self.out, self.err, self.checks, self.code = [], [], [], 0


def parse(path):
    """Items of a case in order: text lines that are kept as they are, and blocks. And the files."""
    items, files, name, block = [], {}, None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, text = line[:1], line[2:]
        if mark == "$":
            block = Block(number, text)
            items.append(block)
        elif mark in (">", "!", "?", "=") and block is not None:
            if mark == "?":
                block.code = int(text)
            else:
                {">": block.out, "!": block.err, "=": block.checks}[mark].append(text)
        else:
            block = None
            items.append(line)
            if line.startswith("file "):
                name = line[5:].strip()
                files[name] = []
            elif mark == "|" and name is not None:
                files[name].append(text + "\n")
            elif mark not in ("#", ""):
                sys.exit(f"{path}:{number}: no such line in a case: {line}")
    return items, files


def matches(pattern, line):
    pattern, line = pattern.rstrip(), line.rstrip()
    parts = re.split(r"(\{\*\}|\{N\})", pattern)
    wild = {"{*}": ".*", "{N}": NUMBER}
    return re.fullmatch("".join(wild.get(p, re.escape(p)) for p in parts), line) is not None


def compare(kind, wanted, printed):
    if len(wanted) == len(printed) and all(matches(w, p) for w, p in zip(wanted, printed)):
        return []
    return [f"{kind}:"] + [f"  - {w}" for w in wanted] + [f"  + {p}" for p in printed]


def refuse_constant(word):
    raise ValueError(f"{word} is not JSON")


def check_json(block, out):
    try:
        data = json.loads(out, parse_constant=refuse_constant)
    except ValueError as problem:
        return [f"standard output is not one JSON object: {problem}", out]
    faults = []
    for expression in block.checks:
        try:
            held = eval(expression, {"data": data}, dict(data))  # cases are the project's own
        except Exception as problem:  # a missing key is a fault of the output, whatever Python calls it
            held = f"{type(problem).__name__}: {problem}"
        if held is not True:
            faults += [f"= {expression} is {held}", out]
    return faults


def run(block, folder, environment):
    """Runs a block; returns its faults, those among them that no update can mend, and what it printed."""
    try:
        done = subprocess.run(["sh", "-c", block.command], cwd=folder, env=environment, timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except subprocess.TimeoutExpired:
        wrong = [f"still running after {SECONDS} s"]
        return wrong, wrong, [], [], -1
    out = done.stdout.decode("utf-8", "replace")
    err = done.stderr.decode("utf-8", "replace")
    wrong = check_json(block, out) if block.checks else []
    faults = wrong + ([] if block.checks else compare("stdout", block.out, out.splitlines()))
    faults += compare("stderr", block.err, err.splitlines())
    if done.returncode != block.code:
        faults.append(f"exit code {done.returncode}, not {block.code}")
    return faults, wrong, out.splitlines(), err.splitlines(), done.returncode


def keep(wanted, printed):
    """The printed lines, each as the wanted line that it matches where there is one."""
    return [next((w for w in wanted if matches(w, p)), p) for p in printed]


def run_case(path, command, update):
    items, files = parse(path)
    wrapper = os.environ.get("HEATBATH_WRAPPER", "")
    failed, text = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        folder, tools = pathlib.Path(scratch) / "here", pathlib.Path(scratch) / "bin"
        folder.mkdir()
        tools.mkdir()
        (tools / "heatbath").write_text(f'#!/bin/sh\nexec {wrapper} {shlex.quote(command)} "$@"\n')
        (tools / "heatbath").chmod(0o755)
        for name, lines in files.items():
            (folder / name).write_text("".join(lines))
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        for item in items:
            if isinstance(item, str):
                text.append(item)
                continue
            faults, wrong, out, err, code = run(item, folder, environment)
            said = wrong if update else faults
            if said:
                failed += 1
                print(f"{path}:{item.number}: $ {item.command}")
                print("\n".join("    " + fault for fault in said))
            if faults and update:
                item.out = [] if item.checks else keep(item.out, out)
                item.err, item.code = keep(item.err, err), code
            text.append(f"$ {item.command}")
            text += [f"> {line}".rstrip() for line in item.out] + [f"= {check}" for check in item.checks]
            text += [f"! {line}" for line in item.err]
            if item.code != 0:
                text.append(f"? {item.code}")
    if update:
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return failed


def main(arguments):
    update = "--update" in arguments
    words = [a for a in arguments[1:] if a != "--update"]
    if len(words) < 2:
        sys.exit(__doc__)
    command = str(pathlib.Path(words[0]).resolve())
    failed = sum(run_case(pathlib.Path(case), command, update) for case in words[1:])
    if failed > 0 and not update:
        print(f"\nto take over what is printed now: {arguments[0]} {words[0]} {' '.join(words[1:])} --update")
    return 1 if failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
