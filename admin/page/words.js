// How figures and times are written.

const whole = new Intl.NumberFormat('en');

export const number = (n) => whole.format(n);

/** brief writes a number in few characters: 1.2k, 3.4M. */
export function brief(n) {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]]) {
    if (n >= size * 0.9995) return (n / size).toFixed(n < 9.95 * size ? 1 : 0) + unit;
  }
  return String(Math.round(n));
}

/** rate writes events a second. */
export function rate(r) {
  if (r === null || r === undefined) return '–';
  if (r === 0) return '0';
  if (r < 0.095) return '<0.1';
  return r < 9.95 ? r.toFixed(1) : brief(r);
}

export function span(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 0.001) return '<1 ms';
  if (seconds < 1) return Math.round(seconds * 1000) + ' ms';
  if (seconds < 100) return (seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)) + ' s';
  if (seconds < 5400) return Math.round(seconds / 60) + ' min';
  return (seconds / 3600).toFixed(1) + ' h';
}

export function bytes(n) {
  for (const [unit, size] of [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]]) {
    if (n >= size) return (n / size).toFixed(n < 10 * size ? 1 : 0) + ' ' + unit;
  }
  return n + ' B';
}

/** moment writes a time of day, with the date unless it is today. */
export function moment(t) {
  const d = new Date(t);
  const time = d.toLocaleTimeString('en-GB');
  return d.toDateString() === new Date().toDateString() ? time : d.toLocaleDateString('en-CA') + ' ' + time;
}

export const plural = (n, one, many) => number(n) + ' ' + (n === 1 ? one : many || one + 's');
