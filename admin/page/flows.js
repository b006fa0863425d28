// A card for each flow: what it does and why, what comes and what waits.
import { byId, el, keep, part, text } from './dom.js';
import { Counter, Line } from './series.js';
import { bytes, moment, number, plural, rate, span } from './words.js';
import { at, post } from './api.js';
import { ask, failed } from './ask.js';

const charts = new Map();
const warnings = new Set(['paused', 'draining', 'drained', 'starting', 'stopping', 'stopped']);

export function showFlows(status, time) {
  keep(byId('flowlist'), status.flows, (f) => f.flow, card, (e, f) => change(e, f, time));
}

/** gap leaves a hole in all lines. */
export function gap() {
  for (const c of charts.values()) for (const line of [c.read, c.took, c.waiting]) line.add(null);
}

function card(f) {
  const c = {
    read: new Line('Events that came in, a second, over two minutes'), took: new Line('How long messages take, over two minutes'), waiting: new Line('Events that wait or are worked on, over two minutes'),
    reads: new Counter(), messages: new Counter(), seconds: new Counter(),
  };
  charts.set(f.flow, c);
  const figure = (name, key, line) => el('div', {}, el('dt', {}, name), el('dd', { 'data-part': key, class: 'live-figure' }, '–'), line.element);
  const act = (name, verb) => el('button', { type: 'button', 'data-part': verb, 'aria-label': `${name} flow ${f.flow}`, onclick: () => turn(f.flow, verb) }, name);
  const gauge = (name, key) => el('div', { class: 'gauge' }, el('span', {}, name), el('div', { class: 'track' }, el('div', { class: 'fill', 'data-part': key + '-fill' })), el('span', { class: 'live-figure', 'data-part': key }, '–'));
  return el('article', { class: 'flow panel', 'aria-label': 'Flow ' + f.flow },
    el('header', {}, el('h3', {}, f.flow), el('span', { class: 'state', role: 'status', 'data-part': 'state' }), el('div', { class: 'acts' }, act('Pause', 'pause'), act('Drain', 'drain'), act('Resume', 'resume'))),
    el('ul', { class: 'reasons', 'data-part': 'reasons', 'aria-live': 'polite' }),
    el('dl', { class: 'figures' }, figure('Came in', 'read', c.read), figure('Time taken', 'took', c.took), figure('Under way', 'waiting', c.waiting)),
    el('div', { class: 'gauges', 'data-part': 'gauges' }, gauge('in flight', 'inflight'), gauge('held', 'held')),
    el('p', { class: 'quiet hint live-figure', 'data-part': 'sum' }));
}

function change(e, f, time) {
  const c = charts.get(f.flow);
  const linked = !f.can_pause;
  e.classList.toggle('linked', linked);
  part(e, 'gauges').hidden = linked; // what is under way counts where it came from
  for (const name of ['took', 'waiting']) part(e, name).parentElement.hidden = linked;
  c.reads.add(time, f.read + f.from_flows);
  c.messages.add(time, f.messages);
  c.seconds.add(time, f.took_seconds);
  const took = c.messages.grown > 0 ? c.seconds.grown / c.messages.grown : null;
  c.read.add(c.reads.rate);
  c.took.add(took);
  c.waiting.add(f.in_flight + f.held);
  const state = part(e, 'state');
  text(state, f.state);
  state.className = 'state' + (f.state === 'failed' ? ' bad' : warnings.has(f.state) ? ' warn' : '');
  const paused = ['paused', 'draining', 'drained'].includes(f.state);
  const over = ['ended', 'failed', 'stopped', 'stopping'].includes(f.state);
  part(e, 'pause').hidden = part(e, 'drain').hidden = paused || over || !f.can_pause;
  part(e, 'resume').hidden = !paused;
  keep(part(e, 'reasons'), f.reasons || [], (r) => r.kind + ' ' + r.part, () => el('li'), reason);
  unit(part(e, 'read'), rate(c.reads.rate), '/s');
  unit(part(e, 'took'), span(took), '');
  unit(part(e, 'waiting'), number(f.in_flight + f.held), '');
  level(e, 'inflight', f.in_flight, f.max_in_flight, `${number(f.in_flight)} of ${number(f.max_in_flight)}`);
  level(e, 'held', f.held, f.max_held, `${number(f.held)} of ${number(f.max_held)}${f.held ? ', ' + bytes(f.held_bytes) : ''}`);
  text(part(e, 'sum'), sum(f));
}

function reason(e, r) {
  e.className = r.kind === 'flow' && r.text.includes('by hand') ? '' : 'bad';
  const what = r.kind === 'flow' ? r.text : `${r.kind} ${r.part} ${r.text}`;
  text(e, r.since ? `${what}, since ${moment(r.since)}` : what);
}

function sum(f) {
  const counted = (name) => f.stages.reduce((n, s) => n + (s.counts?.[name] || 0), 0);
  const parts = [];
  if (f.can_pause) parts.push(plural(f.read, 'event') + ' read');
  if (f.from_flows || !f.can_pause) parts.push(number(f.from_flows) + ' from other flows');
  const duplicates = counted('duplicates') + counted('earlier');
  if (duplicates) parts.push(plural(duplicates, 'duplicate'));
  if (counted('late')) parts.push(number(counted('late')) + ' late');
  if (counted('dropped')) parts.push(number(counted('dropped')) + ' dropped');
  if (f.dead_letters) parts.push(plural(f.dead_letters, 'dead letter'));
  if (f.progress_of) parts.push(Math.min(100, Math.floor((100 * f.progress_done) / f.progress_of)) + ' % of the input');
  return parts.join(' · ') + ' since the start';
}

function unit(e, value, suffix) {
  if (e.firstChild?.data === value) return;
  e.replaceChildren(value, el('small', {}, suffix));
}

function level(e, name, n, most, words) {
  text(part(e, name), words);
  const fill = part(e, name + '-fill');
  fill.style.width = Math.min(100, (100 * n) / most) + '%';
  fill.classList.toggle('full', n >= most);
}

const questions = {
  pause: ['Pause', 'It takes nothing more from its sources until it is resumed. What is under way or held goes on. Nothing is lost.'],
  drain: ['Drain', 'It takes nothing more from its sources, and says so once nothing of it is in flight or held. Nothing is lost.'],
};

async function turn(flow, verb) {
  const q = questions[verb];
  if (q && !(await ask(`${q[0]} flow ${flow}?`, q[1], q[0])).yes) return;
  try {
    await post(at('flows', flow, verb));
    document.dispatchEvent(new Event('look'));
  } catch (e) {
    failed(`Flow ${flow} was not changed`, e);
  }
}
