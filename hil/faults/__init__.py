"""Faults that are not of one instrument or effector, and when any fault is in force.

Faults of an instrument or an effector are in `hil.instruments.faults` and `hil.effectors.faults`.
"""
