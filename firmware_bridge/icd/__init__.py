"""The interface control document: one definition of every message, and what is made from it.

`definition` reads messages.toml and the core's descriptors; `generate` makes the C and Python codecs and the page from
the templates, of which `c_codec` prepares those in C, and the XTCE description with `xtce`; `generated.icd` is the
Python codec's tables.
"""
