"""From stored papers to picks: matches found and kept, papers chosen, and why."""
