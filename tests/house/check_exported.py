#!/usr/bin/env python3
"""check_exported NM LIBRARY ROOT: the shared library exports what the public headers declare, and nothing else."""
import pathlib
import re
import subprocess
import sys

nm, library, root = sys.argv[1:]
headers = sorted(pathlib.Path(root, "include", "heatbath").glob("*.h"))
declared = set()
for header in headers:
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    for statement in re.findall(r"^HEAT_API\b([^;]*);", text, flags=re.MULTILINE):
        declared.add(re.search(r"\b(heat_\w+)\s*\(", statement).group(1))

table = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
# nm's letters: T code, D B R data; W and V are weak. Lower case is local.
exported = {line.split()[-1].split("@")[0] for line in table.splitlines() if line.split()[-2] in "TDBRWVGS"}

wrong = [f"{name} is declared HEAT_API but not in the library" for name in sorted(declared - exported)]
wrong += [f"{name} is exported but no public header declares it" for name in sorted(exported - declared)]
if not declared:
    wrong.append("no HEAT_API declaration was found in the headers")
print("\n".join(wrong) or f"{len(exported)} functions exported, all declared")
sys.exit(1 if wrong else 0)
