"""Lineage semantics, tested a second time from the written rules alone, by hand-worked small histories."""
