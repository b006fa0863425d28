/** The event that a handler gets, changes and gives back. */
'use strict';

const {Reject} = require('./outcomes.js');

const text = new TextDecoder('utf-8', {fatal: true});

/**
 * An event. What stays undefined in one that a handler makes is as in the event that came;
 * the ids of several get #0, #1 and so on where they have none of their own.
 */
class Event {
  /** @param {{payload?: Buffer|Uint8Array|string, id?: string, key?: string, type?: string, time?: Date|null, meta?: Object<string, string>}} [parts] */
  constructor({payload, id, key, type, time, meta} = {}) {
    /** The bytes; a string is taken as UTF-8. @type {Buffer|Uint8Array|string|undefined} */
    this.payload = payload;
    /** @type {string|undefined} */
    this.id = id;
    /** @type {string|undefined} */
    this.key = key;
    /** @type {string|undefined} */
    this.type = type;
    /** When it happened; null where that is not known. @type {Date|null|undefined} */
    this.time = time;
    /** What is put into it is added to the metadata that came. @type {Object<string, string>} */
    this.meta = Object.assign(Object.create(null), meta);
    this._abort = undefined;
    this._cancelled = false;
  }

  /** Whether the event's time is up: leat tries it again, whatever is returned now. */
  get cancelled() {
    return this._cancelled;
  }

  /** An AbortSignal for the same, to give to fetch and others. */
  get signal() {
    if (!this._abort) {
      this._abort = new AbortController();
      if (this._cancelled) this._abort.abort();
    }
    return this._abort.signal;
  }

  /** For those who serve the event. */
  _cancel() {
    this._cancelled = true;
    if (this._abort) this._abort.abort();
  }

  /**
   * The payload decoded. An event that is not JSON is rejected. Beware: numbers beyond
   * 2^53, such as numbers of 18 digits, lose their last digits, as JSON.parse has it.
   */
  json() {
    try {
      return JSON.parse(typeof this.payload === 'string' ? this.payload : text.decode(this.payload));
    } catch (error) {
      throw new Reject(`the payload is not JSON that can be read: ${error.message}`);
    }
  }

  /** The same for a payload that must be a JSON object; an event that is another one is rejected. */
  jsonObject() {
    const value = this.json();
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new Reject('the payload is not a JSON object');
    }
    return value;
  }

  /** Makes value the payload, which is written anew as a whole; addFields leaves the rest as it is. */
  setJson(value) {
    this.payload = Buffer.from(JSON.stringify(value));
  }

  /**
   * Adds fields to a payload that is a JSON object, whose other bytes stay as they are. An
   * event that is no object, or has one of the fields already, is rejected.
   * @param {object} fields
   */
  addFields(fields) {
    const there = this.jsonObject();
    for (const name of Object.keys(fields)) {
      if (Object.hasOwn(there, name)) throw new Reject(`the payload has a field ${name} already`);
    }
    const more = JSON.stringify(fields).slice(1);
    if (more === '}') return;
    const before = Buffer.from(this.payload);
    const end = lastBefore(before, lastBefore(before, before.length) - 1);
    const comma = Object.keys(there).length > 0 ? ',' : '';
    this.payload = Buffer.concat([before.subarray(0, end), Buffer.from(comma + more)]);
  }
}

/** Where the bytes before end, without white space, end. */
function lastBefore(bytes, end) {
  while (end > 0 && bytes[end - 1] <= 0x20) end--;
  return end;
}

module.exports = {Event};
