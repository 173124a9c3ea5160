"""What every test shares."""

import pytest
from hypothesis import Phase, settings

# The same examples in every run, whatever the machine's speed.
settings.register_profile("pinned", derandomize=True, deadline=None)
# For runs that only ask whether a test fails, not on which example.
settings.register_profile("unshrunk", settings.get_profile("pinned"), phases=set(Phase) - {Phase.shrink, Phase.explain})
settings.load_profile("pinned")

# Whole builds inside a test: minutes each. They start first, or the other workers wait for the last one.
NESTED_BUILDS = (
    "test_users_parts.py",
    "test_sanitizers.py",
    "test_same_bits.py",
    "test_distribution.py",
    "test_make.py",
    "test_documents.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first; the others keep their order."""
    items.sort(key=lambda item: item.path.name not in NESTED_BUILDS)
