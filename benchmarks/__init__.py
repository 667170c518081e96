"""benchmarks: our figures beside the limit and the peers, on one server, in one run (`make bench`).

May import every room; nothing imports it. Nobody's timings are asserted anywhere: the rows are run small by a test.
"""
