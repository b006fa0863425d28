/** From what a handler did with an event to what is said of it to leat. */
'use strict';

const {Event} = require('./event.js');
const {Drop, Reject, Retry} = require('./outcomes.js');

const longestReason = 4000; // in characters
const longestWait = 2 ** 53; // in milliseconds

/**
 * The Event for one that came.
 * @param {object} came
 */
function eventOf(came) {
  const {payload, id, key, type} = came;
  return new Event({payload, id, key, type, time: moment(came.time), meta: metaOf(came)});
}

function metaOf(came) {
  const meta = Object.create(null);
  for (const {key, value} of came.meta) meta[key] = value;
  return meta;
}

/** The Date of a time of the contract; null where there is none, or no Date for it. */
function moment(time) {
  if (!time) return null;
  const date = new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6));
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * Handles an event. The promise is always fulfilled.
 * @returns {Promise<object>} its result
 */
async function answer(handle, event, came, sink) {
  try {
    const given = await handle(event);
    return {seq: came.seq, ...(sink ? {emit: {events: []}} : emitted(given, came))};
  } catch (error) {
    return {seq: came.seq, ...failed(error)};
  }
}

function failed(error) {
  if (error instanceof Drop) return {drop: {reason: cut(error.message)}};
  if (error instanceof Reject) return {reject: {reason: cut(error.message)}};
  if (error instanceof Retry) return {retry: {reason: cut(error.message), after_ms: milliseconds(error.after)}};
  console.error(error);
  return {retry: {reason: cut(error), after_ms: 0}};
}

function emitted(given, came) {
  const events = given === undefined || given === null ? [] : Array.isArray(given) ? given : [given];
  if (events.length === 0) return {drop: {reason: 'the plugin gave nothing back'}};
  return {emit: {events: events.map((event) => output(event, came))}};
}

/** What differs from the event that came; the rest stays absent, and so as it was. */
function output(event, came) {
  if (!(event instanceof Event)) {
    throw new TypeError(`a handler returns an Event, a list of them or nothing, not ${typeof event}`);
  }
  const out = {meta: []};
  const payload = bytes(event.payload);
  if (payload !== undefined && payload !== came.payload && !came.payload.equals(payload)) out.payload = payload;
  for (const name of ['id', 'key', 'type']) {
    const value = event[name];
    if (value === undefined || value === null || value === came[name]) continue;
    out[name] = string(name, value);
  }
  const before = metaOf(came);
  for (const [key, value] of Object.entries(event.meta)) {
    if (before[key] !== value) out.meta.push({key: whole(key), value: string(`meta["${key}"]`, value)});
  }
  addTime(out, event, came);
  return out;
}

function addTime(out, event, came) {
  const {time} = event;
  if (time === undefined || time === null) return;
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) throw new TypeError("an event's time must be a Date");
  const before = moment(came.time);
  if (before && before.getTime() === time.getTime()) return;
  const seconds = Math.floor(time.getTime() / 1000);
  out.time = {seconds, nanos: (time.getTime() - seconds * 1000) * 1e6};
}

function bytes(payload) {
  if (payload === undefined || payload === null || Buffer.isBuffer(payload)) return payload ?? undefined;
  if (typeof payload === 'string' || payload instanceof Uint8Array) return Buffer.from(payload);
  throw new TypeError(`an event's payload must be a Buffer, a Uint8Array or a string, not ${typeof payload}`);
}

function string(name, value) {
  if (typeof value !== 'string') throw new TypeError(`an event's ${name} must be a string, not ${typeof value}`);
  return whole(value);
}

function milliseconds(seconds) {
  return seconds > 0 ? Math.min(Math.ceil(seconds * 1000), longestWait) : 0;
}

/** A reason of a bounded length. */
function cut(reason) {
  let text;
  try {
    text = String(reason);
  } catch {
    text = 'something was thrown that cannot be printed';
  }
  return whole(text.slice(0, longestReason));
}

/** Text without half characters, which UTF-8 has no bytes for. */
function whole(text) {
  return Buffer.from(text).toString();
}

/** Whether a result is one that the contract has a shorter form for. */
function goesOnAsItCame({emit}) {
  if (emit?.events.length !== 1) return false;
  const {meta, ...other} = emit.events[0];
  return meta.length === 0 && Object.keys(other).length === 0;
}

/** How many bytes a result takes in a message, at most. */
function sizeOf(result) {
  let size = 64;
  const {emit, ...other} = result;
  for (const out of emit?.events ?? []) {
    size += 96 + (out.payload?.length ?? 0);
    for (const name of ['id', 'key', 'type']) size += 3 * (out[name]?.length ?? 0);
    for (const {key, value} of out.meta) size += 32 + 3 * (key.length + value.length);
  }
  for (const outcome of Object.values(other)) size += 3 * (outcome.reason?.length ?? 0);
  return size;
}

/** What is said in place of a result that is larger than a message may be. */
function tooLarge(result, limit) {
  const reason = `what the plugin made of the event has about ${sizeOf(result)} bytes, and leat takes ${limit} at most`;
  return {seq: result.seq, reject: {reason}};
}

module.exports = {answer, eventOf, goesOnAsItCame, sizeOf, tooLarge};
