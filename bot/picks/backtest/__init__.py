"""Replays days of real votes to measure how good a way of picking papers is."""
