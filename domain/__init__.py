"""The domain room: what selling is. Facts, aggregates, policies and the one command handler.

Pure: no clock, no input or output, no framework. Imports the standard library and
`annotated-types` only.
"""
