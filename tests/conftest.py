"""What every test shares."""

from hypothesis import Phase, settings

# The same examples in every run, whatever the machine's speed.
settings.register_profile("pinned", derandomize=True, deadline=None)
# For runs that only ask whether a test fails, not on which example.
settings.register_profile("unshrunk", settings.get_profile("pinned"), phases=set(Phase) - {Phase.shrink, Phase.explain})
settings.load_profile("pinned")
