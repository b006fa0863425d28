// Tables of stages and sinks, and the windows of those that hold events for their order.
import { byId, el, keep, part, svg, text } from './dom.js';
import { brief, number, span } from './words.js';

export function showParts(status) {
  const rows = [];
  for (const f of status.flows) {
    for (const s of f.stages) rows.push({ key: 'stage ' + f.flow + '/' + s.name, flow: f.flow, name: s.name, ...s, type: s.type === s.name ? 'stage' : s.type });
    for (const s of f.sinks || []) if (columns.some((c) => s[c])) rows.push({ key: 'sink ' + f.flow + '/' + s.name, flow: f.flow, type: 'sink', ...s });
  }
  for (const k of status.sinks) rows.push({ key: 'sink ' + k.name, flow: '', name: k.name, type: k.type + ' sink', counts: { delivered: k.delivered, ...k.counts }, inside: null });
  for (const sp of status.spools || []) rows.push({ key: 'spool ' + sp.flow + sp.source, flow: sp.flow, name: sp.source, type: 'spool', inside: sp.waiting, counts: { lost: sp.lost } });
  keep(byId('partlist'), rows, (r) => r.key, row, change);
}

const columns = ['inside', 'retried', 'failed', 'dead_letters'];

function row(r) {
  return el('tr', {}, el('td', {}, r.flow), el('td', {}, r.name, el('span', { class: 'sub' }, r.type)),
    ...columns.map((c) => el('td', { class: 'n live-figure', 'data-part': c })), el('td', { class: 'live-figure' }, el('div', { class: 'chips', 'data-part': 'counts' })));
}

function change(e, r) {
  for (const c of columns) {
    const cell = part(e, c);
    text(cell, r[c] === null || r[c] === undefined ? '' : number(r[c]));
    cell.classList.toggle('zero', !r[c]);
    cell.classList.toggle('hot', c === 'retried' && r[c] > 0);
  }
  const counts = Object.entries(r.counts || {}).filter(([name, n]) => n > 0 || name === 'plugin_restarts' || name === 'delivered');
  keep(part(e, 'counts'), counts, ([name]) => name, ([name]) => el('span', {}, el('b'), ' ' + name.replaceAll('_', ' ')), (chip, [name, n]) => {
    text(chip.firstChild, number(n));
    chip.classList.toggle('hot', n > 0 && /crash|restart|timeout|lost|culprit|failed/.test(name));
  });
}

export function showWindows(status) {
  const list = status.flows.flatMap((f) => (f.windows || []).map((w) => ({ ...w, flow: f.flow, counts: f.stages.find((s) => s.name === w.stage)?.counts || {} })));
  byId('windows').hidden = list.length === 0;
  keep(byId('windowlist'), list, (w) => w.flow + '/' + w.stage, windowCard, windowChange);
}

const high = 70;

function windowCard(w) {
  const n = w.held.length;
  const chart = svg('svg', { viewBox: `0 0 ${n * 10} ${high + 4}`, preserveAspectRatio: 'none', role: 'img', 'data-part': 'chart' });
  for (let i = 0; i < n; i++) {
    chart.append(svg('rect', { class: 'base', x: i * 10 + 1, width: 8, y: high, height: 2 }), svg('rect', { 'data-bar': i, x: i * 10 + 1, width: 8, y: high, height: 0, rx: 1 }, svg('title')));
  }
  const fact = (name, key) => el('div', {}, el('dt', {}, name), el('dd', { class: 'live-figure', 'data-part': key }));
  return el('article', { class: 'window panel' },
    el('h3', {}, `${w.flow} / ${w.stage}`, el('span', {}, 'window ' + span(w.seconds))), chart,
    el('div', { class: 'ends', 'aria-hidden': 'true' }, el('span', {}, 'came just now'), el('span', {}, 'about to leave')),
    el('dl', {}, fact('held', 'held'), fact('due, behind others of their key', 'due'), fact('put in order', 'reordered'), fact('late', 'late'), fact('let go early', 'forced')));
}

function windowChange(e, w) {
  const top = Math.max(1, ...w.held);
  const all = w.held.reduce((a, b) => a + b, 0);
  w.held.forEach((n, i) => {
    const bar = e.querySelector(`[data-bar="${i}"]`);
    const h = n ? Math.max(2, (n / top) * high) : 0;
    bar.setAttribute('height', h);
    bar.setAttribute('y', high - h);
    text(bar.firstChild, `${number(n)} held for ${span((w.seconds * i) / w.held.length)} to ${span((w.seconds * (i + 1)) / w.held.length)}`);
  });
  part(e, 'chart').setAttribute('aria-label', `${number(all)} events held by how long; the most in one part of the window are ${brief(top)}`);
  text(part(e, 'held'), number(all));
  text(part(e, 'due'), number(w.due));
  for (const name of ['reordered', 'late', 'forced']) text(part(e, name), number(w.counts[name] || 0));
}
