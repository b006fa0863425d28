/** The rule: the time of the event plus the transit time of its station's zone. */
'use strict';

const {ConfigError, Reject} = require('./leat-plugin');

const settings = ['zones', 'stations', 'cut_off', 'unknown'];
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The settings: zones, with their hours; stations, with their zones; cut_off, the hour from
 * which an event counts from the next day; unknown, what becomes of an event of a station
 * that is not named: pass or reject.
 */
class Rule {
  constructor(config) {
    const {zones, stations = {}, cut_off: cutOff = 24, unknown = 'pass'} = config;
    const problems = Object.keys(config)
      .filter((name) => !settings.includes(name))
      .map((path) => ({path, message: 'there is no such setting'}));
    problems.push(...problemsOf({zones, stations, cutOff, unknown}));
    if (problems.length > 0) throw ConfigError.of(problems);
    Object.assign(this, {zones, stations, cutOff, unknown});
  }

  /** When the parcel is expected; undefined for one of an unknown station that passes. */
  eta({station, eventTime}) {
    if (typeof station !== 'string' || !Object.hasOwn(this.stations, station)) {
      if (this.unknown === 'reject') throw new Reject(`the station ${JSON.stringify(station)} is in no zone`);
      return undefined;
    }
    let {local, offset} = timeOf(eventTime);
    const midnight = Math.floor(local / day) * day;
    if (local - midnight >= this.cutOff * hour) local = midnight + day;
    const eta = local + this.zones[this.stations[station]] * hour;
    if (!(eta < Date.UTC(10000, 0))) throw new Reject(`eventTime is too far ahead: ${eventTime}`);
    return new Date(eta).toISOString().slice(0, 19) + (/00:00$/.test(offset) ? 'Z' : offset);
  }
}

function* problemsOf({zones, stations, cutOff, unknown}) {
  const known = isObject(zones) ? zones : {};
  if (Object.keys(known).length === 0) yield {path: 'zones', message: 'want zones with their hours, such as {near: 24}'};
  for (const [zone, hours] of Object.entries(known)) {
    if (!isCount(hours)) yield {path: `zones.${zone}`, message: `want whole hours, such as 24, not ${JSON.stringify(hours)}`};
  }
  if (!isObject(stations)) {
    yield {path: 'stations', message: 'want stations with their zones, such as {BER: near}'};
    return;
  }
  for (const [station, zone] of Object.entries(stations)) {
    if (typeof zone !== 'string' || !Object.hasOwn(known, zone)) {
      yield {path: `stations.${station}`, message: `there is no zone ${JSON.stringify(zone)} under zones`};
    }
  }
  if (!isCount(cutOff) || cutOff > 24) yield {path: 'cut_off', message: `want an hour from 0 to 24, not ${JSON.stringify(cutOff)}`};
  if (unknown !== 'pass' && unknown !== 'reject') yield {path: 'unknown', message: `want pass or reject, not ${JSON.stringify(unknown)}`};
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isCount = (value) => Number.isInteger(value) && value >= 0;

const times = /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time as its clock shows it, in milliseconds since 1970 there, and its offset. */
function timeOf(value) {
  const [, text, offset] = (typeof value === 'string' && times.exec(value)) || [];
  const local = new Date(`${text}Z`);
  // A day that there is not, such as 30 February, comes out as another one, or as none.
  if (Number.isNaN(local.getTime()) || local.toISOString().slice(0, 19) !== text) {
    throw new Reject(`eventTime is ${JSON.stringify(value)}, want a time such as 2026-03-31T10:15:00+02:00`);
  }
  return {local: local.getTime(), offset: offset === 'Z' ? '+00:00' : offset};
}

module.exports = {Rule};
