#!/usr/bin/env node
// Does with each event what its payload says.
'use strict';

const fs = require('node:fs');

const {ConfigError, Drop, Event, Reject, Retry, serve} = require('./leat-plugin');

console.log('before it serves');
let release;
const released = new Promise((resolve) => (release = resolve));

function configure(config, place) {
  if (config.bad) {
    throw ConfigError.of([{path: 'zones.near', message: 'want hours, not -1'}, {path: '', message: 'too few'}]);
  }
  if (config.crash) config.nothing();
  console.log(`configured as ${place.name} of ${place.flow}, sink=${place.sink}, ${place.timeout}ms`);
}

const does = {
  change(event) {
    if (event.time.toISOString() !== '2026-03-31T10:00:00.500Z') throw new Error(event.time.toISOString());
    event.payload = event.payload + ' ';
    event.id += '!';
    event.key += '!';
    event.type += '!';
    event.time = new Date('1969-12-31T23:59:59.250Z');
    event.meta.new = event.meta.old + '!';
    return event;
  },
  many: async (event) => [event, new Event({payload: 'two'}), new Event({payload: Buffer.from('three'), id: 'own', meta: {a: 'b'}})],
  nothing: () => undefined,
  drop() {
    throw new Drop('not needed');
  },
  async retry() {
    throw new Retry('busy', {after: 1.5});
  },
  reject() {
    throw new Reject('broken \ud83d');
  },
  fail() {
    throw new RangeError('no luck');
  },
  exit() {
    throw null;
  },
  wrong: () => 'text',
  async hold(event) {
    const cancelled = new Promise((resolve) => event.signal.addEventListener('abort', resolve));
    await Promise.race([released, cancelled]);
    event.meta.ended = 'released';
    return event;
  },
  release(event) {
    release();
    return event;
  },
  stuck: () => new Promise((resolve) => setInterval(() => {}, 1e6)),
  print(event) {
    console.log(event.json().text);
    return event;
  },
  big(event) {
    event.payload = Buffer.alloc(event.json().size, 'x');
    return event;
  },
  'die once'(event) {
    if (!fs.existsSync(event.json().file)) {
      fs.writeFileSync(event.json().file, '');
      process.kill(process.pid, 'SIGKILL');
    }
    return event;
  },
  half(event) {
    event.key = 'half \ud800';
    event.meta['half \udfff'] = '\ud800';
    event.addFields({half: '\ud800'});
    return event;
  },
  add(event) {
    event.addFields({added: [1, 'ü']});
    return event;
  },
};

function handle(event) {
  const body = event.jsonObject();
  return Object.hasOwn(does, body.do) ? does[body.do](event) : event;
}

serve(handle, {configure, name: 'tester', version: '7', concurrency: 4});
