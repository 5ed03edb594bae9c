"""Says in pytest's summary how many random cases were compared."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    cases = sum(int(value) for r in reports for name, value in r.user_properties if name == "fuzz cases")
    if cases:
        terminalreporter.write_line(f"{cases} random problems compared by every route (make fuzz: 10000)")
