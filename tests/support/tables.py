"""Tables that tests fill row by row, printed at the end of the run by whichever process ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

Record = Callable[[str, object], None]
_PROPERTY = "row of table: "


def tell(record: Record, title: str, *cells: object) -> None:
    """Add a row to the table `title`; `record` is pytest's `record_property`.

    Properties of a test travel from xdist's workers to the process that prints.
    """
    record(f"{_PROPERTY}{title}", [str(cell) for cell in cells])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every table that was told, its rows in order and without doubles."""
    tables: dict[str, dict[tuple[str, ...], None]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, cells in getattr(report, "user_properties", []):
                if name.startswith(_PROPERTY) and getattr(report, "when", "") == "call":
                    tables.setdefault(name.removeprefix(_PROPERTY), {})[tuple(cells)] = None
    for title, rows in sorted(tables.items()):
        terminalreporter.write_sep("-", title)
        for line in lines(sorted(rows)):
            terminalreporter.write_line(line)


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay rows out in columns as wide as their widest cell."""
    most = max((len(row) for row in rows), default=0)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(most)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
