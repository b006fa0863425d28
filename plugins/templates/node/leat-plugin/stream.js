/** One call of Handle: events in, results out, in any order. */
'use strict';

const {answer, eventOf, goesOnAsItCame, sizeOf, tooLarge} = require('./answers.js');

const mostResults = 1000; // in one message
const roomForTheFrame = 64; // bytes of a message beside its results

class Stream {
  /**
   * @param {import('@grpc/grpc-js').ServerDuplexStream<any, any>} call
   * @param {{handle: Function, sink: boolean, limit: number}} settings
   * @param {number} concurrency
   * @param {() => void} ended is called when the call is over and all of it has left
   */
  constructor(call, settings, concurrency, ended) {
    this.call = call;
    this.settings = settings;
    this.concurrency = concurrency;
    this.here = new Map(); // the latest event of each seq that is not answered
    this.waiting = []; // for their turn
    this.running = 0;
    this.results = [];
    this.mayWrite = true;
    this.flushing = false; // a flush is on its way
    this.over = false; // nothing comes any more
    this.broken = false; // and nothing more is said
    call.on('data', (work) => this.take(work));
    call.on('end', () => this.finish());
    call.on('drain', () => this.drained());
    for (const event of ['error', 'close']) call.on(event, () => this.breakOff());
    // However a call ends, this comes last: a close of the call may come before its end has left.
    call.on('cancelled', () => {
      this.breakOff();
      ended();
    });
    this.write({results: [], credits: 2 * concurrency});
  }

  take(work) {
    for (const came of work.events) {
      const event = eventOf(came);
      this.here.set(came.seq, event);
      this.waiting.push({event, came});
    }
    for (const seq of work.cancelled) this.here.get(seq)?._cancel();
    this.start();
  }

  /** Begins with as many events as may be handled at once. */
  start() {
    while (this.running < this.concurrency && this.waiting.length > 0) {
      this.running++;
      this.work(this.waiting.shift());
    }
  }

  async work({event, came}) {
    const {handle, sink, limit} = this.settings;
    let result = await (event.cancelled ? tooLate(came) : answer(handle, event, came, sink));
    if (event.cancelled) result = tooLate(came); // whatever a handler returns that has stopped half way
    if (sizeOf(result) + roomForTheFrame > limit) result = tooLarge(result, limit);
    if (this.here.get(came.seq) === event) this.here.delete(came.seq);
    this.running--;
    this.results.push(result);
    this.flushSoon();
    this.start();
  }

  /** Results that come within one turn of the event loop leave together. */
  flushSoon() {
    if (this.flushing || !this.mayWrite || this.broken) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      this.flush();
    });
  }

  flush() {
    while (this.results.length > 0 && this.mayWrite && !this.broken) {
      const batch = this.batch();
      const unchanged = batch.filter(goesOnAsItCame).map(({seq}) => seq);
      const results = unchanged.length > 0 ? batch.filter((result) => !goesOnAsItCame(result)) : batch;
      this.write({results, unchanged, credits: batch.length});
    }
    if (this.over) this.finish();
  }

  batch() {
    let n = 0;
    let size = roomForTheFrame;
    while (n < this.results.length && n < mostResults) {
      size += sizeOf(this.results[n]);
      if (n > 0 && size > this.settings.limit) break;
      n++;
    }
    return this.results.splice(0, n);
  }

  write(message) {
    this.mayWrite = this.call.write(message);
  }

  drained() {
    this.mayWrite = true;
    this.flushSoon();
  }

  /** leat has ended its side: the call ends when all is answered. */
  finish() {
    this.over = true;
    const open = this.running + this.waiting.length + this.results.length;
    if (open > 0 || this.broken) return;
    this.broken = true;
    this.call.end();
  }

  /** Nobody listens any more, unless all was said: what is being handled can stop. */
  breakOff() {
    if (this.broken) return;
    this.broken = true;
    for (const event of this.here.values()) event._cancel();
  }
}

/** What is said of an event whose time is up. */
function tooLate({seq}) {
  return {seq, retry: {reason: 'its time was up', after_ms: 0}};
}

module.exports = {Stream};
