"""The event that a handler gets, changes and gives back."""

import json
from datetime import datetime, timedelta, timezone

from .outcomes import Reject

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Event:
    """An event. What stays None in one that a handler makes is as in the event that came;
    the ids of several get #0, #1 and so on where they have none of their own.

    payload is bytes. id, key and type are strings, empty where leat knows none. meta is a
    dict of strings; what is put into it is added to the metadata that came, which cannot
    be taken away.
    """

    __slots__ = ("payload", "id", "key", "type", "meta", "_time", "_cancelled")

    def __init__(self, payload=None, *, id=None, key=None, type=None, time=None, meta=None):
        self.payload = payload
        self.id = id
        self.key = key
        self.type = type
        self.time = time
        self.meta = {} if meta is None else dict(meta)
        self._cancelled = False

    @property
    def time(self):
        """When it happened, as a datetime with a zone; None where that is not known, or
        is not within the years 1 to 9999."""
        if isinstance(self._time, tuple):
            self._time = moment(*self._time)
        return self._time

    @time.setter
    def time(self, value):
        if value is not None and value.tzinfo is None:
            raise ValueError("the time of an event needs a zone, as datetime.now(timezone.utc) has one")
        self._time = value

    @property
    def cancelled(self):
        """Whether the event's time is up: leat tries it again, whatever is returned now."""
        return self._cancelled

    def json(self):
        """The payload decoded. An event that is not JSON is rejected."""
        try:
            return json.loads(bytes(self.payload).decode("utf-8-sig"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Reject("the payload is not JSON that can be read: %s" % error) from None

    def json_object(self):
        """The same for a payload that must be a JSON object, which becomes a dict; an event
        that is another one is rejected."""
        value = self.json()
        if not isinstance(value, dict):
            raise Reject("the payload is not a JSON object")
        return value

    def set_json(self, value):
        """Makes value the payload. All of the payload is written anew, so that numbers
        such as 1.10 lose their form; add_fields leaves the rest as it is."""
        self.payload = _encode(value)

    def add_fields(self, **fields):
        """Adds fields to a payload that is a JSON object, whose other bytes stay as they
        are. An event that is no object, or has one of the fields already, is rejected."""
        there = self.json_object()
        for name in fields:
            if name in there:
                raise Reject("the payload has a field %s already" % name)
        if fields:
            before = bytes(self.payload).rstrip()[:-1].rstrip()
            self.payload = before + (b"," if there else b"") + _encode(fields)[1:]


def _encode(value):
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")  # half characters have bytes only as an escape


def _no_constant(name):
    raise ValueError("%s is not JSON" % name)


def moment(seconds, nanos):
    """The datetime of a time of the contract, or None."""
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
    except OverflowError:
        return None
