"""Print the installed versions as a lock file for all machines.

Build tags such as `+cpu` and the CUDA libraries of torch are dropped, so that pip chooses the build of torch
that the machine can use.
"""

import re
from importlib.metadata import distributions

SKIP = re.compile(r"^(gnnpool|pip|setuptools|wheel|triton|nvidia-.*|cuda-.*)$")

print("# Every version of the tested environment. Written by `make lock`; do not edit.")
found = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version.split("+")[0] for d in distributions()}
print("\n".join(f"{name}=={version}" for name, version in sorted(found.items()) if not SKIP.match(name)))
