"""Benchmarks: queuebit beside its peers, on the same circuits, in the same run."""

import warnings

# A backend only warns about an option that it doesn't know; what was then measured isn't what the row says.
warnings.filterwarnings("error", message="Option .* is not used by this backend")
