"""The report says what its logs say."""

import pytest

from training.report import REPORT, TABLES, filled, table


def test_the_tables_are_those_of_the_logs() -> None:
    report = REPORT.read_text()
    assert filled(report) == report
    for name in TABLES:
        assert f"<!-- {name} -->\n\n" in report


def test_a_missing_table_is_named() -> None:
    with pytest.raises(ValueError, match="no place for the table adapted-likelihood"):
        filled("# Report\n")


def test_tables_are_padded() -> None:
    assert table(("a", "bcd"), [("ef", 1)]) == "| a  | bcd |\n| -- | --- |\n| ef | 1   |"
