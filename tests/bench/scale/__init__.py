"""A large host simulated: how far one, two and four workers on one Postgres go."""
