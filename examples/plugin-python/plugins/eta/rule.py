"""The rule: the time of the event plus the transit time of its station's zone."""

import re
from datetime import datetime, timedelta

from leat_plugin import ConfigError, Reject

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


class Rule:
    """The settings: zones, with their hours; stations, with their zones; cut_off, the hour
    from which an event counts from the next day; unknown, what becomes of an event of a
    station that is not named: pass or reject."""

    def __init__(self, config):
        self._zones = config.get("zones")
        self._stations = config.get("stations", {})
        self._cut_off = config.get("cut_off", 24)
        self._unknown = config.get("unknown", "pass")
        problems = [(name, "there is no such setting") for name in config if name not in _SETTINGS]
        problems += self._problems()
        if problems:
            raise ConfigError.of(problems)

    def _problems(self):
        zones = self._zones if isinstance(self._zones, dict) else {}
        if not zones:
            yield "zones", "want zones with their hours, such as {near: 24}"
        for zone, hours in zones.items():
            if not _is_count(hours):
                yield "zones." + zone, "want whole hours, such as 24, not %r" % (hours,)
        if not isinstance(self._stations, dict):
            yield "stations", "want stations with their zones, such as {BER: near}"
            return
        for station, zone in self._stations.items():
            if not isinstance(zone, str) or zone not in zones:
                yield "stations." + station, "there is no zone %r under zones" % (zone,)
        if not _is_count(self._cut_off) or self._cut_off > 24:
            yield "cut_off", "want an hour from 0 to 24, not %r" % (self._cut_off,)
        if self._unknown not in ("pass", "reject"):
            yield "unknown", "want pass or reject, not %r" % (self._unknown,)

    def eta(self, parcel):
        """When the parcel is expected; None for one of an unknown station that passes."""
        station = parcel.get("station")
        zone = self._stations.get(station) if isinstance(station, str) else None
        if zone is None:
            if self._unknown == "reject":
                raise Reject("the station %r is in no zone" % (station,))
            return None
        begin = _time(parcel.get("eventTime"))
        try:
            if begin.hour >= self._cut_off:
                begin = begin.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            return _text(begin + timedelta(hours=self._zones[zone]))
        except OverflowError:
            raise Reject("eventTime is too far ahead: %r" % parcel["eventTime"]) from None


_SETTINGS = ("zones", "stations", "cut_off", "unknown")


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _time(value):
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))
    except (TypeError, ValueError):
        raise Reject("eventTime is %r, want a time such as 2026-03-31T10:15:00+02:00" % (value,)) from None


def _text(time):
    return time.isoformat().replace("+00:00", "Z")
