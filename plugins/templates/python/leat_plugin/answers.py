"""From what a handler did with an event to what is said of it to leat."""

import math
import re
import sys
import traceback
from datetime import datetime, timedelta, timezone

from . import plugin_pb2 as pb
from .event import Event, moment
from .outcomes import Drop, Reject, Retry

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_HALF = re.compile("[\ud800-\udfff]")
_LONGEST_REASON = 4000  # in characters
_LONGEST_WAIT = 2**63 - 1  # in milliseconds


def event_of(came):
    """The Event for one that came."""
    event = Event(came.payload, id=came.id, key=came.key, type=came.type)
    event.meta = {m.key: m.value for m in came.meta}
    if came.HasField("time"):
        event._time = (came.time.seconds, came.time.nanos)
    return event


def answer(handle, event, came, sink):
    """Handles an event and returns its Result. Nothing that handle raises comes out."""
    result = pb.Result(seq=came.seq)
    try:
        given = handle(event)
        if sink:
            result.emit.SetInParent()
        else:
            _emit(result, given, came)
    except Drop as drop:
        result.drop.reason = _text(drop.reason)
    except Retry as retry:
        result.retry.reason = _text(retry.reason)
        result.retry.after_ms = _milliseconds(retry.after)
    except Reject as reject:
        result.reject.reason = _text(reject.reason)
    except BaseException as error:  # sys.exit too: it would end nothing but the thread
        traceback.print_exc(file=sys.stderr)
        result.retry.reason = _text("%s: %s" % (type(error).__name__, error))
    return result


def _emit(result, given, came):
    outputs = [given] if isinstance(given, Event) else list(given or ())
    if not outputs:
        result.drop.reason = "the plugin gave nothing back"
        return
    result.emit.events.extend([_output(event, came) for event in outputs])


def _output(event, came):
    """What differs from the event that came; the rest stays absent, and so as it was."""
    if not isinstance(event, Event):
        raise TypeError("a handler returns an Event, a list of them or None, not %r" % event)
    output = pb.Output()
    if event.payload is not None and event.payload != came.payload:
        if not isinstance(event.payload, (bytes, bytearray, memoryview)):
            raise TypeError("an event's payload must be bytes, not %s" % type(event.payload).__name__)
        output.payload = bytes(event.payload)
    for name in ("id", "key", "type"):
        value = getattr(event, name)
        if value is not None and value != getattr(came, name):
            setattr(output, name, _whole(value))
    _add_time(output, event, came)
    before = {m.key: m.value for m in came.meta}
    for key, value in event.meta.items():
        if before.get(key) != value:
            output.meta.add(key=_whole(key), value=_whole(value))
    return output


def _add_time(output, event, came):
    if event._time is None or isinstance(event._time, tuple):  # nobody has looked at it
        return
    if came.HasField("time") and event.time == moment(came.time.seconds, came.time.nanos):
        return
    since = event.time - _EPOCH
    whole = since // timedelta(seconds=1)
    output.time.seconds = whole
    output.time.nanos = (since - timedelta(seconds=whole)).microseconds * 1000


def goes_on_as_it_came(result):
    """Whether a result is one that the contract has a shorter form for."""
    events = result.emit.events
    return len(events) == 1 and events[0].ByteSize() == 0


def too_large(result, limit):
    """What is said in place of a result that is larger than a message may be."""
    reason = "what the plugin made of the event has %d bytes, and leat takes %d at most" % (result.ByteSize(), limit)
    return pb.Result(seq=result.seq, reject=pb.Reject(reason=reason))


def _milliseconds(seconds):
    if not seconds > 0:
        return 0
    return _LONGEST_WAIT if seconds * 1000 >= _LONGEST_WAIT else math.ceil(seconds * 1000)


def _text(reason):
    """A reason of a bounded length."""
    return _whole(str(reason)[:_LONGEST_REASON])


def _whole(text):
    """Text without half characters, which UTF-8 has no bytes for: with them the message
    could not be sent, and the event would be tried for ever."""
    return _HALF.sub("\ufffd", text)
