#!/usr/bin/env python3
"""check_installed ROOT BUILD COMPILER...: installs BUILD into a fresh folder and meets it there as a user would.

Every file must be in its place, versions must agree, the example must compile through pkg-config and run with the
shared and with the static library, and the command must run.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


def run(command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)
    if done.returncode != 0:
        sys.exit(f"check_installed: {shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def demand(holds, text):
    if not holds:
        sys.exit(f"check_installed: {text}")


def install(build, place):
    """Installs into `place`; returns the prefix there, and an environment whose pkg-config finds it."""
    run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], env={**os.environ, "DESTDIR": str(place)})
    found = list(place.rglob("heatbath.pc"))
    demand(len(found) == 1, f"heatbath.pc is installed {len(found)} times")
    text = found[0].read_text(encoding="utf-8")
    final = re.search(r"^prefix=(.*)$", text, re.MULTILINE).group(1)
    prefix = pathlib.Path(f"{place}{final}")
    # The file speaks of the final prefix: a copy speaks of this one, blanks escaped as pkg-config wants it.
    here = str(prefix).replace(" ", "\\ ")
    copy = place / "pkgconfig" / "heatbath.pc"
    copy.parent.mkdir()
    copy.write_text(text.replace(f"prefix={final}", f"prefix={here}", 1), encoding="utf-8")
    path = [str(copy.parent), os.environ.get("PKG_CONFIG_PATH", "")]
    return prefix, {**os.environ, "PKG_CONFIG_PATH": ":".join(p for p in path if p)}


def main():
    root, build, compiler = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix="heatbath install ") as folder:
        place = pathlib.Path(folder)
        prefix, environment = install(build, place)

        def flags(*options):
            return shlex.split(run(["pkg-config", *options, "heatbath"], env=environment))

        public = [p.name for p in (root / "include" / "heatbath").iterdir() if p.suffix in (".h", ".def")]
        installed = [p.name for p in (prefix / "include" / "heatbath").iterdir()]
        demand(sorted(public) == sorted(installed), f"installed headers {sorted(installed)}, public {sorted(public)}")
        for name in ("LICENSE", "CHANGELOG.md", "design.md", "conventions.md"):
            demand((prefix / "share" / "doc" / "heatbath" / name).is_file(), f"{name} is not installed")

        header = (prefix / "include" / "heatbath" / "version.h").read_text(encoding="utf-8")
        version = ".".join(re.search(rf"HEAT_VERSION_{part} (\d+)", header).group(1)
                           for part in ("MAJOR", "MINOR", "PATCH"))
        demand(flags("--modversion") == [version], f"heatbath.pc and version.h ({version}) disagree")

        libdir = flags("--variable=libdir")[0]
        static = ["-Wl,-Bstatic", "-lheatbath", "-Wl,-Bdynamic"]
        kinds = {
            "shared": flags("--cflags", "--libs"),
            "static": flags("--cflags") + [flag for given in flags("--static", "--libs")
                                           for flag in (static if given == "-lheatbath" else [given])],
        }
        example = root / "examples" / "free_energy.c"
        for kind, options in kinds.items():
            program = place / kind
            run([*compiler, "-o", program, example, *options])
            loader = {**os.environ, "LD_LIBRARY_PATH": libdir} if kind == "shared" else os.environ
            said = run([program], env=loader)
            demand(re.match(r"log Z = [0-9.]+ \+- 0.000000, proved by \w+\n", said), f"the {kind} example says: {said}")

        command = prefix / "bin" / "heatbath"
        demand(version in run([command, "--version"]), "the command does not know its version")


if __name__ == "__main__":
    main()
