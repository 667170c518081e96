"""Runtime room, file import: customers, products, reps and deals from CSV pipelines, and whole event logs as history.

`run.run_import` reads files through a mapping and sends commands through the one command handler; `rehearse.rehearse` plays a draft
follow-up rule over what is recorded; `generate.generate` writes a pipeline to try things on. Domain, psycopg and general
libraries may enter; api, workflows, projections and cli never.
"""
