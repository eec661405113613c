"""The one table: collects rows, prints each as it comes, writes Markdown and JSON.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """A line of the table; `ours` and `peer` carry their units."""
    what: str
    ours: str
    peer: str = "-"
    ratio: float | None = None
    row: str = ""  # the set of kernels
    peer_name: str = ""
    note: str = ""
    commands: list = field(default_factory=list)
    values: dict = field(default_factory=dict)  # every repetition, in the unit measured


def fit_to_print(text):
    """`text` in one line, of every absolute path the last part: reasons of failures carry paths."""
    return re.sub(r"(?<![\w.])/(?:[^\s/:;,'\"]+/)+([^\s/:;,'\"]+)", r"\1", " ".join(text.split()))


class Table:
    WIDTHS = "{:<47} {:>22} {:>22} {:>6}  {:<10} {}"
    TITLES = ("what", "ours", "peer", "ratio", "kernels", "peer is")

    def __init__(self, verbose):
        self.rows, self.earlier, self.notes, self.verbose = [], [], [], verbose
        print(self.WIDTHS.format(*self.TITLES), flush=True)

    def cells(self, row):
        number = ""
        if row.note:
            if row.note not in self.notes:
                self.notes.append(row.note)
            number = f" [{self.notes.index(row.note) + 1}]"
        return (row.what + number, row.ours, row.peer,
                "-" if row.ratio is None else f"{row.ratio:.2f}", row.row, row.peer_name)

    def add(self, **facts):
        row = Row(**{key: fit_to_print(value) if isinstance(value, str) else value
                     for key, value in facts.items()})
        self.earlier = [old for old in self.earlier if (old.what, old.row) != (row.what, row.row)]
        self.rows.append(row)
        print(self.WIDTHS.format(*self.cells(row)), flush=True)
        if self.verbose:
            for command in row.commands:
                print("    $ " + command, flush=True)
        return row

    def load(self, folder):
        """Takes the rows of an earlier run, which stand before those of this one."""
        path = folder / "bench.json"
        if path.exists():
            self.earlier = [Row(**row) for row in json.loads(path.read_text())["rows"]]

    def finish(self):
        for number, note in enumerate(self.notes, 1):
            print(f"[{number}] {note}")

    def markdown(self, facts):
        """What the README shows, and under it every command."""
        lines = [facts, "", "| " + " | ".join(self.TITLES) + " |", "|---|---|---|---|---|---|"]
        lines += ["| " + " | ".join(self.cells(row)) + " |" for row in self.earlier + self.rows]
        lines.append("")
        lines += [f"{number}. {note}" for number, note in enumerate(self.notes, 1)]
        lines += ["", "Commands:", "", "```sh"]
        seen = []
        for row in self.earlier + self.rows:
            for command in row.commands:
                if command not in seen:
                    seen.append(command)
                    lines.append(command)
        return "\n".join(lines + ["```", ""])

    def save(self, folder, facts):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bench.md").write_text(self.markdown(facts))
        rows = [asdict(row) for row in self.earlier + self.rows]
        (folder / "bench.json").write_text(json.dumps(
            {"facts": facts, "notes": self.notes, "rows": rows}, indent=1) + "\n")
