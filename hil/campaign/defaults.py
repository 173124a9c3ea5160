"""What a campaign is to show unless its user says otherwise."""

CONFIDENCE = 0.95
"""Confidence of statements, bounds and intervals."""
REQUIRED = 0.9973
"""Success probability to be shown."""
