#!/usr/bin/env python3
"""check_needed NM ARCHIVE: the library calls nothing that ends the program, prints, draws or listens on its own.

It looks at what each object of the static library needs from elsewhere, so no spelling in the source escapes it.
"""
import re
import subprocess
import sys

NOWHERE = {
    "ends the program": "abort exit _exit _Exit quick_exit",
    "prints": "printf vprintf puts putchar perror stdout stderr __printf_chk __vprintf_chk",
    "is a random number from elsewhere": "rand srand rand_r random srandom drand48 arc4random getrandom",
    "installs a signal handler": "signal sigaction",
    "changes the whole program": "setlocale chdir umask setenv putenv unsetenv",
    "is a lock or a thread": "pthread_create pthread_mutex_lock thrd_create",
}
MEMORY = "malloc calloc realloc free aligned_alloc posix_memalign strdup".split()  # the context's default alone

nm, archive = sys.argv[1:]
table = subprocess.run([nm, "-A", "-u", archive], capture_output=True, text=True, check=True).stdout
needs = re.findall(r":(\w+\.c)\.o:\s+U (\w+)", table)
if not any(name == "realloc" for _, name in needs):
    sys.exit("check_needed: not even the context's realloc was found: this check sees nothing")

forbidden = {name: reason for reason, names in NOWHERE.items() for name in names.split()}
wrong = [f"{source} calls {name}, which {forbidden[name]}" for source, name in needs if name in forbidden]
wrong += [f"{source} calls {name}: memory comes from heat_alloc" for source, name in needs
          if name in MEMORY and not source.endswith("context.c")]
print("\n".join(wrong) or f"{len(needs)} needs, all lawful")
sys.exit(1 if wrong else 0)
