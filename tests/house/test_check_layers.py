#!/usr/bin/env python3
"""Plants violations of the law of includes in a small tree and demands that tools/check_layers names each."""
import contextlib
import io
import pathlib
import runpy
import tempfile
import unittest

SCRIPT = runpy.run_path(str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_layers"))

GOOD = {
    "include/heatbath/heatbath.h": "#include <heatbath/model.h>\n",
    "include/heatbath/model.h": "#include <stdint.h>\n#include <heatbath/model.def>\n",
    "include/heatbath/model.def": "/* rows */\n",
    "src/base/memory.h": "#include <heatbath/model.h>\n",
    "src/base/parallel.c": '#include "base/memory.h"\n#include <omp.h>\n',
    "src/random/stream.c": '#include "base/memory.h"\n#include <Random123/philox.h>\n',
    "src/io/store_private.h": "#include <hdf5.h>\n",
    "src/io/store.c": '#include "io/store_private.h"\n#include <stdio.h>\n',
    "src/io/store.h": "",
    "src/io/gzip.c": "#include <zlib.h>\n",
    "src/kernel/dense.c": "#include <math.h>\n",
    "src/kernel/dense.h": "",
    "src/model/ising.c": '#include "io/store.h"\n#include "kernel/dense.h"\n/* #include <hdf5.h> */\n',
    "src/model/views.h": "",
    "cli/main.c": '#include "print.h"\n#include <heatbath/heatbath.h>\n#include <jansson.h>\n',
    "cli/print.h": "",
}

# file, content to add, what the check must say of it
PLANTED = [
    ("src/base/parallel.c", '#include "model/views.h"\n', "base may include base"),
    ("src/io/store.c", '#include "kernel/dense.h"\n', "io may include base, random, stats, io"),
    ("src/kernel/dense.c", '#include "io/store.h"\n', "kernel may include base, random, stats, kernel"),
    ("src/model/ising.c", "#include <heatbath/heatbath.h>\n", "single public headers"),
    ("src/model/ising.c", "#include <heatbath/absent.h>\n", "no public header"),
    ("src/model/ising.c", "#  include <hdf5.h>\n", "belongs to src/io/store_private.h alone"),
    ("src/io/gzip.c", "#include <hdf5.h>\n", "belongs to src/io/store_private.h alone"),
    ("src/model/ising.c", "#include <omp.h>\n", "belongs to src/base/parallel.c alone"),
    ("src/model/ising.c", "#include <pthread.h>\n", "belongs to src/base/parallel.c alone"),
    ("src/model/ising.c", "#include <cblas.h>\n", "table of libraries"),
    ("src/model/ising.c", "#include <Random123/philox.h>\n", "belongs to src/random/ alone"),
    ("src/model/ising.c", "#include <zlib.h>\n", "belongs to src/io/ alone"),
    ("src/model/ising.c", "#include <jansson.h>\n", "belongs to src/io/, cli/ alone"),
    ("src/model/ising.c", "#include <gsl/gsl_rng.h>\n", "table of libraries"),
    ("src/model/ising.c", '#include "views.h"\n', 'write "room/file.h"'),
    ("src/model/ising.c", '#include "../io/store.h"\n', "no file under src/"),
    ("src/model/ising.c", "#include HEADER\n", "never computed"),
    ("src/attic/thing.c", "", "no room of the line"),
    ("src/model/store.c", "", "unique in the tree: see src/io/store.c"),
    ("tests/unit/print.h", "", "unique in the tree: see cli/print.h"),
    ("include/heatbath/model.h", "#include <stdio.h>\n", "public headers may include"),
    ("include/heatbath/model.h", '#include "io/store.h"\n', "a public header includes"),
    ("include/heatbath/model.h", "#include <heatbath/heatbath.h>\n", "single public headers"),
    ("include/heatbath/forgotten.h", "", "does not reach this header"),
    ("cli/main.c", '#include "io/store.h"\n', "cli may include its own headers"),
    ("cli/main.c", "#include <hdf5.h>\n", "belongs to src/io/store_private.h alone"),
]


def run(folder):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = SCRIPT["main"](["check_layers", folder])
    return code, printed.getvalue().splitlines()


def check(extra=None):
    """The exit code and the lines printed for the good tree, with one file extended."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in GOOD.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        if extra is not None:
            path = pathlib.Path(folder, extra[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "a", encoding="utf-8") as out:
                out.write(extra[1])
        return run(folder)


class CheckLayers(unittest.TestCase):
    def test_lawful_tree_passes(self):
        self.assertEqual(check(), (0, []))

    def test_each_planted_violation_is_named_with_file_and_line(self):
        for name, content, expected in PLANTED:
            with self.subTest(file=name, content=content):
                code, lines = check((name, content))
                self.assertEqual(code, 1)
                self.assertEqual(len(lines), 1, lines)
                where = GOOD.get(name, "").count("\n") + 1 if content else 1
                self.assertTrue(lines[0].startswith(f"{name}:{where}: "), lines[0])
                self.assertIn(expected, lines[0])

    def test_a_folder_without_sources_is_no_pass(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(SystemExit):
            run(folder)


if __name__ == "__main__":
    unittest.main()
