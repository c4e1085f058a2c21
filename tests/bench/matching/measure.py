"""Times one subject at one number of watches, in a process of its own so that its memory shows.

`python -m tests.bench.matching` starts one for each cell of its table, with a `Cell` as JSON; the
answer is one line of JSON, the `Figures`.
"""

import json
import sys
from dataclasses import asdict

from tests.bench.matching.cell import OURS, START, Cell, Figures


def main() -> None:
    """Measure the cell given as JSON and print its figures as JSON."""
    print(json.dumps(asdict(_measured(Cell(**json.loads(sys.argv[1]))))))


def _measured(cell: Cell) -> Figures:
    # Imported late, so that our memory does not hold the libraries of our peers, nor theirs ours.
    if cell.subject == OURS:
        from tests.bench.matching.time_ours import measure
    elif cell.subject == START:
        from tests.bench.matching.time_start import measure
    else:
        from tests.bench.matching.time_peers import measure
    return measure(cell)


if __name__ == "__main__":
    main()
