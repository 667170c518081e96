"""runtime: one file a version of the schema, in order; never changed once released."""
