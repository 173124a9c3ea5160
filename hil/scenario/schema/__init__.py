"""What a scenario consists of, one element a file; frozen, with ranges in the types."""
