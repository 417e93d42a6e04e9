"""Start and end of the controller: the process that plans and starts the jobs."""

import shlex
import sys
from collections import Counter
from pathlib import Path

from gnnpool.controller import start_rounds_when_needed, take_over
from gnnpool.logs import end_in_words, interrupt_once
from gnnpool.time_left import say_time_left

# Snakemake puts this into shell commands unquoted; the path of an environment may contain a space.
sys.executable = shlex.quote(sys.executable)
CONTROLLER = workflow.is_main_process and not {"-n", "--dry-run", "--nolock"} & set(
    sys.argv
)
if CONTROLLER:
    end_in_words()
    interrupt_once()
    if left_behind := take_over(Path(".snakemake/locks")):
        print(left_behind, file=sys.stderr)


def report_troubles():
    """At the end of a run, name the trials that failed or stopped, each with its reason and log."""
    from gnnpool.status import describe, read_status

    try:
        if troubles := read_status(config).without_record():
            print(f"\ntrials without a record: {len(troubles)}", file=sys.stderr)
            print(describe(troubles), file=sys.stderr)
            print("The same command again trains these alone.", file=sys.stderr)
    except (
        Exception
    ) as error:  # of any kind: why the run ended has been printed already
        print(f"The trials without a record cannot be listed: {error}", file=sys.stderr)
