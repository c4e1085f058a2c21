"""Paperround: delivers the day's research papers to a team's channels."""
