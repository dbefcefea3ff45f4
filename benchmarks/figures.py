"""Figures for people and for files."""


def significant(value: float) -> float:
    """Return a figure with the digits that say something; the others change from run to run."""
    return float(f"{value:.4g}")


def shown(value: float | None, unit: str = "") -> str:
    """Return a figure as text, with its unit if one is given; a dash for none."""
    if value is None:
        return "-"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def times(ratio: float | None) -> str:
    """Return a ratio as text; a dash for none."""
    return "-" if ratio is None else f"{shown(ratio)}x"
