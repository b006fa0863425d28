/**
 * What a plugin of leat in Node is made with: one function, and serve.
 *
 *     const {serve, Drop} = require('./leat-plugin');
 *
 *     async function handle(event) {
 *       const parcel = event.jsonObject();
 *       if (parcel.station === 'TEST') throw new Drop('a test parcel');
 *       event.addFields({seen: true});
 *       return event;
 *     }
 *
 *     serve(handle);
 *
 * What the function gives back, at once or as a promise, goes on in place of the event:
 * the event itself, another one, a list of them, or nothing, which drops it. In a sink
 * anything given back means that the event is delivered. What is thrown says what else
 * there is: Drop, Retry and Reject. Any other error is a failure of the plugin: its stack
 * goes to leat's log, and leat tries the event again later. No event is lost by one.
 *
 * Many events are handled at once. leat gives each a time (timeout in pipeline.yaml) and
 * then tries it again; event.signal, an AbortSignal, tells a function that waits that it
 * can stop. One that computes for long without waiting holds up all others, and leat
 * takes a plugin for dead that answers nothing.
 *
 * A function can be tested without leat and without gRPC: give it an Event, and look at
 * what it returns.
 */
'use strict';

require('./cookie.js');
const {Event} = require('./event.js');
const {ConfigError, Drop, Reject, Retry} = require('./outcomes.js');

/**
 * What handles events.
 * @callback Handler
 * @param {Event} event
 * @returns {Event|Event[]|null|undefined|Promise<Event|Event[]|null|undefined>}
 */

/**
 * Where the plugin stands in pipeline.yaml: its flow, the name of its stage or sink,
 * whether it is a sink, and how many milliseconds an event may take (0: no limit).
 * @typedef {{flow: string, name: string, sink: boolean, timeout: number}} Place
 */

/**
 * @typedef {object} Options
 * @property {(config: object, place: Place) => (Handler|void|Promise<Handler|void>)} [configure]
 *   is called once before all events with the settings under config in pipeline.yaml. It
 *   returns the handler, or nothing where serve was given one, and throws ConfigError for
 *   settings that are wrong: leat shows that at its place in the file, and sends no events.
 * @property {number} [concurrency] how many events are handled at once (64); as many again
 *   wait here for their turn
 * @property {string} [name] for leat's log
 * @property {string} [version] for leat's log
 */

/**
 * Serves events until leat ends the plugin; the promise is fulfilled then, and the plugin
 * has a second to clean up. Without options.configure the handler is needed.
 * @param {Handler} [handle]
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
function serve(handle, options = {}) {
  if (typeof handle !== 'function' && typeof options.configure !== 'function') {
    throw new TypeError('serve needs a function that handles events, or options.configure, which returns it');
  }
  // Loaded here, because it needs gRPC, which tests of a handler do not.
  return require('./serving.js').serve(handle, {concurrency: 64, name: '', version: '', ...options});
}

module.exports = {ConfigError, Drop, Event, Reject, Retry, serve};
