"""Figures of several models, kept in a folder as they come, and tables of them."""

import json
import sys


class Figures:
    """Results by name in a folder; those of other options are not mixed with them."""

    def __init__(self, work, options, table):
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.table = work, table
        self.path = work / "figures.json"
        self.content = {"options": options, "results": {}}
        if self.path.exists():
            self.content = json.loads(self.path.read_text())
            if self.content["options"] != options:
                sys.exit(f"{self.path} holds figures of other options; name another folder.")
        self.results = self.content["results"]

    def keep(self, name, result):
        self.results[name] = result
        self.path.write_text(json.dumps(self.content, indent=1))
        (self.work / "table.md").write_text(self.table(self.results))
        print(name, json.dumps(result), flush=True)


def share(part):
    """A rate with its interval, in per cent."""
    low, high = part["interval"]
    return f"{100 * part['rate']:.1f} ({100 * low:.0f}–{100 * high:.0f})"
