"""Print the conda environment with the versions of requirements.lock.

pip installs the packages, so both ways of installing give the same bytes; conda provides Python.
"""

from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"

print("""\
# Every version of requirements.lock. Written by `make lock`; do not edit.
name: gnnpool
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - gxx # for torch.compile
  - pip:""")
for line in LOCK.read_text().splitlines():
    if not line.startswith("#"):
        print(f"      - {line}")
