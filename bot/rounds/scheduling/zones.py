"""Time zones as people write them: a name of the tz database, a city, or a question back."""

import re
from functools import cache
from zoneinfo import available_timezones

from rapidfuzz import process
from rapidfuzz.distance import OSA

_OFFSET = re.compile(r"(?:utc|gmt|z)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_LARGEST_OFFSET = 14
_NEAR = 0.6
_BY_MINUTES = {
    ("+", 5, 30): "Asia/Kolkata", ("+", 5, 45): "Asia/Kathmandu", ("+", 3, 30): "Asia/Tehran",
    ("+", 4, 30): "Asia/Kabul", ("+", 6, 30): "Asia/Yangon", ("+", 9, 30): "Australia/Adelaide",
    ("-", 3, 30): "America/St_Johns",
}  # fmt: skip
_SHORT = {
    "IST": "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin", "BST": "Europe/London or Asia/Dhaka",
    "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "SGT": "Asia/Singapore", "HKT": "Asia/Hong_Kong",
    "CST": "America/Chicago or Asia/Shanghai", "CDT": "America/Chicago",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "PT": "America/Los_Angeles",
    "MDT": "America/Denver", "EDT": "America/New_York", "ET": "America/New_York",
    "CT": "America/Chicago", "CEST": "Europe/Paris", "MSK": "Europe/Moscow",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "NZST": "Pacific/Auckland",
    "NZDT": "Pacific/Auckland", "BRT": "America/Sao_Paulo", "ART": "America/Argentina/Buenos_Aires",
    "WIB": "Asia/Jakarta", "PKT": "Asia/Karachi", "EEST": "Europe/Athens", "WEST": "Europe/Lisbon",
    "SAST": "Africa/Johannesburg", "CHINA": "Asia/Shanghai", "INDIA": "Asia/Kolkata",
    "GERMANY": "Europe/Berlin", "FRANCE": "Europe/Paris", "UK": "Europe/London",
    "SPAIN": "Europe/Madrid", "ITALY": "Europe/Rome", "BRAZIL": "America/Sao_Paulo",
    "USA": "America/New_York, America/Chicago or America/Los_Angeles",
}  # fmt: skip
"""Abbreviations and countries, with the zones that each may mean."""


@cache
def _names() -> dict[str, str]:
    """The names of all time zones by their lower-case form; they are read from many files."""
    return {name.lower(): name for name in available_timezones()}


@cache
def _cities() -> dict[str, str]:
    """Zones by the last part of their names, where it is in one zone of a continent alone."""
    found: dict[str, list[str]] = {}
    for name in sorted(available_timezones()):
        first, _, rest = name.partition("/")
        if rest and first not in ("Etc", "SystemV", "US", "posix", "right"):
            found.setdefault(rest.rpartition("/")[2].lower(), []).append(name)
    return {city: names[0] for city, names in found.items() if len(names) == 1}


def find_zone(words: list[str]) -> tuple[str, int] | None:
    """The zone that some words begin with, and how many words it takes; None if they do not.

    "America/New York" and "New York" are America/New_York, whatever the case.
    """
    for count in range(min(len(words), 3), 0, -1):
        typed = "_".join(words[:count]).lower().strip("()")
        name = _names().get(typed) or _cities().get(typed)
        if name is not None:
            return name, count
    return None


def zone_hint(word: str) -> str:
    """What to write instead of a word that is no zone, as a sentence, or ""."""
    if may_be := _SHORT.get(word.upper().strip("()")):
        return f"Write the zone's city: {may_be}."
    if (offset := _OFFSET.fullmatch(word.strip("()"))) and (hint := _offset_hint(offset)):
        return hint
    known = [name for name in _names().values() if not name.startswith("Etc/")]
    typed = word.lower()
    best = process.extractOne(
        typed, [name.lower() for name in known], scorer=OSA.normalized_similarity,
        score_cutoff=_NEAR,
    )  # fmt: skip
    city = process.extractOne(
        typed, list(_cities()), scorer=OSA.normalized_similarity, score_cutoff=_NEAR
    )
    if best is None and city is None:
        return ""
    near = _names()[best[0]] if best and (not city or best[1] >= city[1]) else None
    return f"Did you mean {near or _cities()[city[0] if city else '']}?"


def _offset_hint(found: re.Match[str]) -> str:
    """The zone of an offset: its name has the opposite sign, Etc/GMT-1 being an hour ahead."""
    sign, hours, minutes = found[1], int(found[2]), int(found[3] or 0)
    if hours > _LARGEST_OFFSET:
        return ""
    if minutes:
        zone = _BY_MINUTES.get((sign, hours, minutes))
        return f"Write the zone's city, such as {zone}." if zone else ""
    zone = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"
    return f"Write {zone}, which has no summer time, or a city such as Europe/Paris."
