// Counts become rates, and figures become lines.
import { svg } from './dom.js';

const kept = 120; // samples of a line
const averaged = 4; // samples that a rate is taken over

/** Counter turns a count into events a second, over the last few samples. After a gap it
 * begins anew: what happened meanwhile is not shown as if it happened now. */
export class Counter {
  samples = [];

  add(time, value) {
    const last = this.samples.at(-1);
    if (last && (time - last[0] > 5000 || value < last[1])) this.samples = [];
    this.samples.push([time, value]);
    if (this.samples.length > averaged) this.samples.shift();
  }

  get rate() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || first === last || last[0] <= first[0]) return null;
    return ((last[1] - first[1]) * 1000) / (last[0] - first[0]);
  }

  get grown() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    return first && last ? last[1] - first[1] : 0;
  }
}

/** Line is a small chart of the last two minutes. A null is a gap in it. */
export class Line {
  values = new Array(kept).fill(null);

  constructor(label) {
    this.area = svg('path', { class: 'area' });
    this.stroke = svg('path', { class: 'stroke' });
    this.element = svg('svg', { class: 'spark', viewBox: `0 0 ${kept - 1} 30`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, this.area, this.stroke);
  }

  add(value) {
    this.values.push(value);
    this.values.shift();
    const top = Math.max(1e-9, ...this.values.map((v) => v ?? 0));
    let stroke = '';
    let area = '';
    let begun = -1;
    const y = (v) => (29 - (v / top) * 27).toFixed(1);
    this.values.forEach((v, x) => {
      if (v === null) {
        if (begun >= 0) area += `L${x - 1} 30L${begun} 30Z`;
        begun = -1;
        return;
      }
      const to = (begun < 0 ? 'M' : 'L') + x + ' ' + y(v);
      if (begun < 0) begun = x;
      stroke += to;
      area += to;
    });
    if (begun >= 0) area += `L${kept - 1} 30L${begun} 30Z`;
    this.stroke.setAttribute('d', stroke);
    this.area.setAttribute('d', area);
  }
}
