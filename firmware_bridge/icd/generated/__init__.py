"""Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit."""
