#!/usr/bin/env python3
"""check_verbs COMMAND ROOT VERB...: every verb of the command has its manual page (the VERBs), docs/VERB.md, a link in
README.md and golden cases of its own; and none of these is of a verb that is not there."""
import pathlib
import re
import subprocess
import sys

command, root, *paged = sys.argv[1:]
root = pathlib.Path(root)
text = subprocess.run([command, "help"], capture_output=True, text=True, check=True).stdout
verbs = re.findall(r"^  ([a-z]+) ", text.split("verbs:\n")[1].split("\n\n")[0], re.MULTILINE)
if "ground" not in verbs:
    sys.exit("check_verbs: the verbs were not found in the help: this check sees nothing")

readme = (root / "README.md").read_text(encoding="utf-8")
cases = " ".join(path.read_text(encoding="utf-8") for path in (root / "tests/cli/cases").glob("*.case"))
wrong = [f"{verb}: no manual page (cli/pages/meson.build)" for verb in verbs if verb not in paged]
wrong += [f"{verb}: a manual page of no verb" for verb in paged if verb not in verbs]
for verb in verbs:
    if verb != "help" and not (root / f"docs/{verb}.md").is_file():
        wrong.append(f"{verb}: no docs/{verb}.md")
    if verb != "help" and f"(docs/{verb}.md)" not in readme:
        wrong.append(f"{verb}: README.md has no link to docs/{verb}.md")
    if not re.search(rf"^\$ heatbath {verb}\b", cases, re.MULTILINE):
        wrong.append(f"{verb}: no golden case in tests/cli/cases")
print("\n".join(wrong) or f"{len(verbs)} verbs, all with their pages")
sys.exit(1 if wrong else 0)
