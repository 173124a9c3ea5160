"""`python -m firmware_bridge.icd` writes the generated files."""

from firmware_bridge.icd.generate import main

main()
