"""A month of weather: refusals drawn from the platforms' own tables, days long."""
