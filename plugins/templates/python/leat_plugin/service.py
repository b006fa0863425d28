"""The calls that leat makes."""

import json
import sys
import threading
import traceback

import grpc

from . import plugin_pb2 as pb
from .outcomes import Config, ConfigError
from .stream import Stream, Workers

# What is so short is written by hand, and saves a package: grpc.health.v1 in bytes.
_ASKED_FOR_PLUGIN = b"\x0a\x06plugin"
_SERVING = b"\x08\x01"


class Service:
    """Serves the contract. lock guards the streams and whether the plugin shuts down;
    end is called when it has."""

    def __init__(self, handle, configure, name, version, workers, end):
        self._handle = handle
        self._configure = configure
        self._introduction = {"name": name, "version": version}
        self._workers = Workers(workers)
        self._end = end
        self._settings = None  # of Configure, once there were any without problems
        self.lock = threading.Lock()
        self._streams = set()
        self._shutting_down = False

    def handlers(self):
        """Everything that is served, for grpc."""
        configure = grpc.unary_unary_rpc_method_handler(
            self.configure, pb.ConfigureRequest.FromString, pb.ConfigureResponse.SerializeToString
        )
        handle = grpc.stream_stream_rpc_method_handler(self.handle, pb.Work.FromString, pb.Results.SerializeToString)
        services = {
            "leat.plugin.v1.Plugin": {"Configure": configure, "Handle": handle},
            "grpc.health.v1.Health": {"Check": grpc.unary_unary_rpc_method_handler(_health)},
            "plugin.GRPCController": {"Shutdown": grpc.unary_unary_rpc_method_handler(self.shutdown)},
        }
        return [grpc.method_handlers_generic_handler(name, methods) for name, methods in services.items()]

    def configure(self, request, _context):
        """Answers what is wrong with the settings, or makes the handler with them."""
        response = pb.ConfigureResponse(**self._introduction)
        try:
            handle = self._handle
            if self._configure is not None:
                handle = self._configure(_config(request)) or handle
            if handle is None:
                raise TypeError("configure returned no function that handles events")
            self._settings = (handle, request.role == pb.ROLE_SINK, request.max_message)
        except ConfigError as error:
            response.problems.extend(pb.Problem(path=str(p), message=str(m)) for p, m in error.problems)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            response.problems.add(message="the plugin failed to read its settings: %s: %s" % (type(error).__name__, error))
        return response

    def handle(self, works, context):
        """Handles the events of one stream."""
        if self._settings is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the plugin has no settings yet: call Configure before")
        stream = Stream(*self._settings, self._workers)
        with self.lock:
            self._streams.add(stream)
        if not context.add_callback(lambda: self._ended(stream)):
            self._ended(stream)
            return
        threading.Thread(target=stream.read, args=(works,), name="leat-reader", daemon=True).start()
        yield from stream.results()

    def shutdown(self, _request, _context):
        """Ends the plugin once its streams have ended."""
        with self.lock:
            self._shutting_down = True
            idle = not self._streams
        if idle:
            self._end()
        return b""

    def break_off(self):
        """leat is gone, and so are all streams."""
        with self.lock:
            streams = list(self._streams)
        for stream in streams:
            stream.break_off()

    def _ended(self, stream):
        """Is called when a call has ended, as it should or because its connection broke."""
        stream.break_off()
        with self.lock:
            self._streams.discard(stream)
            last = self._shutting_down and not self._streams
        if last:
            self._end()


def _config(request):
    settings = json.loads(request.config or b"{}")
    if not isinstance(settings, dict):
        raise ConfigError("", "want settings by name, not %s" % json.dumps(settings))
    config = Config(settings)
    config.flow, config.name = request.flow, request.name
    config.sink = request.role == pb.ROLE_SINK
    config.timeout = request.timeout_ms / 1000
    return config


def _health(request, context):
    if request not in (b"", _ASKED_FOR_PLUGIN):
        context.abort(grpc.StatusCode.NOT_FOUND, "there is only the service named plugin here")
    return _SERVING
