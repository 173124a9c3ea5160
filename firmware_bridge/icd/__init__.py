"""The interface control document: one definition of every message, and what is made from it.

`definition` reads messages.toml and the core's descriptors; `generate` makes the C and Python
codecs, the XTCE description and the page; `generated.icd` is the Python codec's tables.
"""
