"""One call of Handle: events in, results out, in any order."""

import queue
import threading
from collections import deque

from . import plugin_pb2 as pb
from .answers import answer, event_of, goes_on_as_it_came, too_large

_MOST_RESULTS = 1000  # in one message
_ROOM_FOR_THE_FRAME = 64  # bytes of a message beside its results
_PER_RESULT = 16  # bytes around a result in a message, at most


class Workers:
    """Threads that handle events. They do not keep the process from ending, whatever a
    handler waits for."""

    def __init__(self, count):
        self.count = count
        self._tasks = queue.SimpleQueue()
        for n in range(count):
            threading.Thread(target=self._work, name="leat-worker-%d" % n, daemon=True).start()

    def run(self, task, *args):
        self._tasks.put((task, args))

    def _work(self):
        while True:
            task, args = self._tasks.get()
            task(*args)


class Stream:
    """The events of one call. changed guards, and tells of, everything below it."""

    def __init__(self, handle, sink, limit, workers):
        self._handle = handle
        self._sink = sink
        self._limit = limit or 2**31 - 1
        self._workers = workers
        self.changed = threading.Condition()
        self._here = {}  # the latest event of each seq that is not answered
        self._unanswered = 0
        self._results = deque()
        self._ended = False  # nothing comes any more
        self._broken = False  # and nobody listens

    def read(self, works):
        """Takes in what leat sends until it ends its side, or the connection breaks."""
        try:
            for work in works:
                self._take(work)
        except Exception:
            self.break_off()
        with self.changed:
            self._ended = True
            self.changed.notify_all()

    def break_off(self):
        """Nobody listens any more: what is being handled can stop."""
        with self.changed:
            self._ended = self._broken = True
            for event in self._here.values():
                event._cancelled = True
            self.changed.notify_all()

    def results(self):
        """Gives credits, and then results as they come, each with the credit that it
        frees, until all is answered."""
        yield pb.Results(credits=2 * self._workers.count)
        while True:
            with self.changed:
                while not (self._results or self._broken or self._ended and not self._unanswered):
                    self.changed.wait()
                batch = None if self._broken else self._batch()
            if not batch:
                return
            same = [result.seq for result in batch if goes_on_as_it_came(result)]
            changed = [result for result in batch if not goes_on_as_it_came(result)] if same else batch
            yield pb.Results(results=changed, unchanged=same, credits=len(batch))

    def _batch(self):
        batch, size = [], _ROOM_FOR_THE_FRAME
        while self._results and len(batch) < _MOST_RESULTS:
            size += self._results[0].ByteSize() + _PER_RESULT
            if batch and size > self._limit:
                break
            batch.append(self._results.popleft())
        return batch

    def _take(self, work):
        tasks = [(event_of(came), came) for came in work.events]
        with self.changed:
            for event, came in tasks:
                self._here[came.seq] = event
            self._unanswered += len(tasks)
            for seq in work.cancelled:
                if seq in self._here:
                    self._here[seq]._cancelled = True
        for event, came in tasks:
            self._workers.run(self._work, event, came)

    def _work(self, event, came):
        result = None
        if not event.cancelled:
            result = answer(self._handle, event, came, self._sink)
        if event.cancelled:  # whatever a handler returns that has stopped half way
            result = pb.Result(seq=came.seq, retry=pb.Retry(reason="its time was up"))
        if result.ByteSize() + _PER_RESULT + _ROOM_FOR_THE_FRAME > self._limit:
            result = too_large(result, self._limit)
        with self.changed:
            if self._here.get(came.seq) is event:
                del self._here[came.seq]
            self._unanswered -= 1
            self._results.append(result)
            self.changed.notify_all()
