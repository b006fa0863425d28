#!/usr/bin/env python3
"""Does with each event what its payload says."""

import os
import signal
import sys
import threading
from datetime import datetime, timezone

import leat_plugin

print("before it serves")
released = threading.Event()


def configure(config):
    if config.get("bad"):
        raise leat_plugin.ConfigError.of([("zones.near", "want hours, not -1"), ("", "too few")])
    if config.get("crash"):
        return config["nothing"]
    print("configured as %s of %s, sink=%s, %ss" % (config.name, config.flow, config.sink, config.timeout))


def handle(event):
    body = event.json_object()
    do = body.get("do")
    if do == "change":
        assert event.time == datetime(2026, 3, 31, 10, 0, 0, 500000, timezone.utc), event.time
        event.payload += b" "
        event.id, event.key, event.type = event.id + "!", event.key + "!", event.type + "!"
        event.time = datetime(1969, 12, 31, 23, 59, 59, 250000, timezone.utc)
        event.meta["new"] = event.meta["old"] + "!"
    elif do == "many":
        return [event, leat_plugin.Event(b"two"), leat_plugin.Event(b"three", id="own", meta={"a": "b"})]
    elif do == "nothing":
        return None
    elif do == "drop":
        raise leat_plugin.Drop("not needed")
    elif do == "retry":
        raise leat_plugin.Retry("busy", after=1.5)
    elif do == "reject":
        raise leat_plugin.Reject("broken \ud83d")
    elif do == "fail":
        raise ValueError("no luck")
    elif do == "exit":
        sys.exit("leaving")
    elif do == "wrong":
        return "text"
    elif do == "hold":
        while not event.cancelled and not released.wait(0.005):
            pass
        event.meta["ended"] = "released"
    elif do == "release":
        released.set()
    elif do == "stuck":
        threading.Event().wait()
    elif do == "print":
        print(body["text"])
    elif do == "big":
        event.payload = b"x" * body["size"]
    elif do == "die once":
        try:
            os.close(os.open(body["file"], os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)
        except FileExistsError:
            pass
    elif do == "half":
        event.key, event.meta["half \udfff"] = "half \ud800", "\ud800"
        event.add_fields(half="\ud800")
    elif do == "add":
        event.add_fields(added=[1, "ü"])
    return event


leat_plugin.serve(handle, configure=configure, name="tester", version="7", workers=4)
