"""The programs that `tools/bench` measures, each run in the environment of what it measures.

They need nothing but the standard library and their subject.
"""
