"""The table that every comparison is a row of.

SPDX-License-Identifier: Apache-2.0
"""


class Table:
    """Prints each row as it comes, and remembers whether one missed its bound."""
    WIDTHS = "{:<34} {:<9} {:<24} {:<28} {}"

    def __init__(self):
        self.missed = False
        print(self.WIDTHS.format("stage", "precision", "bound", "measured", "verdict"))

    def row(self, stage, precision, bound, measured, good):
        self.missed |= not good
        print(self.WIDTHS.format(stage, precision, bound, measured, "ok" if good else "MISS"),
              flush=True)
