"""The process: how leat finds it, what it serves, and when it ends."""

import os
import signal
import sys
import tempfile
import threading
from concurrent import futures

_COOKIE = ("LEAT_PLUGIN", "4c656174")
_CONTRACT = 1
_LONGEST_SOCKET = 103  # bytes of a path that every system takes
_PATIENCE = 3  # seconds that the end may take; nothing that the plugin waits for may keep it


def serve(handle, configure, name, version, workers):
    _started_by_leat()
    grpc, Service = _load()
    line = _free_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is leat's, which ends its plugins in order
    ending = threading.Event()
    service = Service(handle, configure, name, version, workers, ending.set)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16, thread_name_prefix="leat-rpc"),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    server.add_generic_rpc_handlers(service.handlers())
    path = _socket()
    server.add_insecure_port("unix:" + path)
    server.start()
    threading.Thread(target=_watch_stdin, args=(service, ending), name="leat-stdin", daemon=True).start()
    os.write(line, ("1|%d|unix|%s|grpc|\n" % (_CONTRACT, path)).encode())
    ending.wait()
    late = threading.Timer(_PATIENCE, os._exit, (1,))
    late.daemon = True
    late.start()
    server.stop(0.5).wait()


def _started_by_leat():
    if os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        sys.exit(
            "%s is a plugin of leat, which starts it; by itself it does nothing. Name it in a pipeline.yaml, as a stage"
            " or a sink:\n\n    - plugin: {run: %s, tls: false}\n" % (sys.argv[0], sys.argv[0])
        )
    if os.environ.get("PLUGIN_CLIENT_CERT"):
        sys.exit("%s: leat asks for TLS, which plugins in Python do not speak: write `tls: false` beside `run` in pipeline.yaml" % sys.argv[0])


def _load():
    """Loads what needs gRPC."""
    try:
        import grpc

        from .service import Service
    except ImportError as missing:
        sys.exit(
            "%s: %s. A plugin of leat needs gRPC for this Python, %s: `apt install python3-grpcio` where that is"
            " Debian's own, else `%s -m pip install grpcio protobuf`." % (sys.argv[0], missing, sys.executable, sys.executable)
        )
    return grpc, Service


def _free_stdout():
    """Standard output is for the line that leat waits for. What the plugin prints goes to
    standard error, and so to leat's log, with what it has printed before and Python still
    keeps. The line goes to what is returned."""
    line = os.dup(1)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)
    return line


def _socket():
    folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or tempfile.mkdtemp(prefix="leat")
    path = os.path.join(folder, "p%d" % os.getpid())
    if len(os.fsencode(path)) > _LONGEST_SOCKET:
        sys.exit("%s: the path of the socket, %s, is too long: start leat with a shorter TMPDIR" % (sys.argv[0], path))
    return path


def _watch_stdin(service, ending):
    """Standard input ends with leat."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    service.break_off()
    ending.set()
