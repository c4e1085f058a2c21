"""Schema changes, applied in order by `Database.migrate`."""
