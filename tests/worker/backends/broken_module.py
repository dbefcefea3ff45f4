"""Can't be imported."""

raise RuntimeError("the licence has expired")
