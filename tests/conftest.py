"""What every test shares."""

from hypothesis import settings

# The same examples in every run, whatever the machine's speed.
settings.register_profile("pinned", derandomize=True, deadline=None)
settings.load_profile("pinned")
