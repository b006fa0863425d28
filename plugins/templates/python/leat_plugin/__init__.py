"""What a plugin of leat in Python is made with: one function, and serve.

    import leat_plugin

    def handle(event):
        parcel = event.json_object()
        if parcel.get("station") == "TEST":
            raise leat_plugin.Drop("a test parcel")
        event.add_fields(seen=True)
        return event

    leat_plugin.serve(handle)

What the function gives back goes on in place of the event: the event itself, another
one, a list of them, or nothing, which drops it. In a sink anything given back means that
the event is delivered. Exceptions say what else there is: Drop, Retry and Reject. Any
other exception is a failure of the plugin: its traceback goes to leat's log, and leat
tries the event again later. No event is lost by one.

Several events are handled at once, each in a thread of its own: what the function shares
between calls needs a lock. leat gives each event a time (timeout in pipeline.yaml) and
then tries it again; event.cancelled tells a long function that it can stop.

A function can be tested without leat and without gRPC: give it an Event, and look at
what it returns.
"""

from .event import Event
from .outcomes import Config, ConfigError, Drop, Reject, Retry

__all__ = ["Config", "ConfigError", "Drop", "Event", "Reject", "Retry", "serve"]


def serve(handle=None, *, configure=None, name="", version="", workers=16):
    """Serves events until leat ends the plugin. Call it from the main thread, last.

    handle gets each Event, and returns what goes on. configure, where it is given, is
    called once before, with the settings under config in pipeline.yaml (a Config, which
    is a dict); it returns the function that handles events, or nothing where handle is
    it, and raises ConfigError for settings that are wrong: leat shows that at its place
    in the file, and sends no events.

    name and version are for leat's log. workers is how many events are handled at once;
    as many again wait here for their turn.
    """
    if handle is None and configure is None:
        raise TypeError("serve needs handle, or a configure that returns it")
    if workers < 1:
        raise ValueError("workers must be 1 or more, not %r" % workers)
    from . import serving  # here, because it needs gRPC, which tests of handle do not

    serving.serve(handle, configure, name, version, workers)
