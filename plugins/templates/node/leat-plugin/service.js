/** The calls that leat makes. */
'use strict';

const path = require('node:path');

const {ConfigError} = require('./outcomes.js');
const {Stream} = require('./stream.js');

// What is so short is written by hand, and saves a package: grpc.health.v1 in bytes.
const askedForPlugin = Buffer.from('\x0a\x06plugin');
const serving = Buffer.from([0x08, 0x01]);

class Service {
  /**
   * @param {{grpc: any, loader: any}} modules
   * @param {Function} handle
   * @param {object} options those of serve
   * @param {() => void} end is called when the plugin has shut down
   */
  constructor(modules, handle, options, end) {
    this.grpc = modules.grpc;
    this.loader = modules.loader;
    this.given = handle;
    this.options = options;
    this.end = end;
    this.settings = null; // of Configure, once there were any without problems
    this.streams = new Set();
    this.shuttingDown = false;
  }

  addTo(server) {
    const contract = this.loader.loadSync(path.join(__dirname, 'plugin.proto'), {keepCase: true, longs: String, enums: String, defaults: true});
    server.addService(contract['leat.plugin.v1.Plugin'], {
      Configure: (call, done) => this.configure(call.request).then((response) => done(null, response)),
      Handle: (call) => this.handle(call),
    });
    server.addService({Check: bytesMethod('/grpc.health.v1.Health/Check')}, {
      Check: (call, done) => this.health(call.request, done),
    });
    server.addService({Shutdown: bytesMethod('/plugin.GRPCController/Shutdown')}, {
      Shutdown: (call, done) => {
        done(null, Buffer.alloc(0));
        this.shutdown();
      },
    });
  }

  /** Answers what is wrong with the settings, or makes the handler with them. */
  async configure(request) {
    const {name, version} = this.options;
    try {
      const handle = (await this.options.configure?.(...configOf(request))) ?? this.given;
      if (typeof handle !== 'function') throw new TypeError('configure returned no function that handles events');
      this.settings = {handle, sink: request.role === 'ROLE_SINK', limit: request.max_message || 2 ** 31 - 1};
      return {name, version, problems: []};
    } catch (error) {
      if (error instanceof ConfigError) return {name, version, problems: error.problems.map(asText)};
      console.error(error);
      return {name, version, problems: [{path: '', message: `the plugin failed to read its settings: ${error}`}]};
    }
  }

  /** Handles the events of one stream. */
  handle(call) {
    if (!this.settings) {
      const details = 'the plugin has no settings yet: call Configure before';
      call.emit('error', {code: this.grpc.status.FAILED_PRECONDITION, details});
      return;
    }
    const stream = new Stream(call, this.settings, this.options.concurrency, () => {
      this.streams.delete(stream);
      this.endIfIdle();
    });
    this.streams.add(stream);
  }

  health(request, done) {
    if (request.length === 0 || request.equals(askedForPlugin)) {
      done(null, serving);
    } else {
      done({code: this.grpc.status.NOT_FOUND, details: 'there is only the service named plugin here'});
    }
  }

  /** Ends the plugin once its streams have ended. */
  shutdown() {
    this.shuttingDown = true;
    this.endIfIdle();
  }

  /** leat is gone, and so are all streams. */
  breakOff() {
    for (const stream of [...this.streams]) stream.breakOff();
  }

  endIfIdle() {
    if (this.shuttingDown && this.streams.size === 0) this.end();
  }
}

/** The settings, and where the plugin stands. */
function configOf(request) {
  const text = request.config.toString() || '{}';
  const config = JSON.parse(text);
  if (config === null || typeof config !== 'object' || Array.isArray(config)) {
    throw new ConfigError('', `want settings by name, not ${text}`);
  }
  const place = {flow: request.flow, name: request.name, sink: request.role === 'ROLE_SINK', timeout: request.timeout_ms};
  return [config, place];
}

function asText({path, message}) {
  return {path: String(path), message: String(message)};
}

function bytesMethod(name) {
  const asTheyAre = (bytes) => bytes;
  return {
    path: name,
    requestStream: false,
    responseStream: false,
    requestSerialize: asTheyAre,
    requestDeserialize: asTheyAre,
    responseSerialize: asTheyAre,
    responseDeserialize: asTheyAre,
  };
}

module.exports = {Service};
