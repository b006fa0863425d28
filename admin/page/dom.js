// Elements, made and kept up to date. Text is only ever set as text.

const svgNames = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** el makes an element: el('p', {class: 'x'}, 'text', other). */
export function el(name, attributes = {}, ...inside) {
  return fill(document.createElement(name), attributes, inside);
}

export function svg(name, attributes = {}, ...inside) {
  return fill(document.createElementNS(svgNames, name), attributes, inside);
}

function fill(e, attributes, inside) {
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else if (v !== false && v !== undefined && v !== null) e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...inside.filter((x) => x !== null && x !== undefined));
  return e;
}

/** text changes a text only if it is another one, so that readers are not told of nothing. */
export function text(e, value) {
  if (e.textContent !== value) e.textContent = value;
}

/** keep brings the children of a parent in line with a list: make is called once for each
 * key, change each time. What is there stays, with its focus. */
export function keep(parent, list, key, make, change) {
  const had = new Map([...parent.children].map((c) => [c.dataset.kept, c]));
  let before = null;
  for (const item of list) {
    const k = key(item);
    let child = had.get(k);
    if (!child) {
      child = make(item);
      child.dataset.kept = k;
    }
    had.delete(k);
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== child) parent.insertBefore(child, place);
    before = child;
    if (change) change(child, item);
  }
  for (const gone of had.values()) gone.remove();
}

/** part finds a piece of an element by its data-part. */
export const part = (e, name) => e.querySelector(`[data-part="${name}"]`);
