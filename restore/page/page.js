'use strict';
(() => {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // Filter: what does not match is hidden; tables that still have rows open.
  const form = document.querySelector('.filter');
  const find = document.getElementById('find');
  const decision = document.getElementById('by-decision');
  const kind = document.getElementById('by-kind');
  const found = document.querySelector('.found');
  const rows = all('.assets tbody tr');
  const folds = all('.workspace .fold');
  const wasOpen = new Map(folds.map((fold) => [fold, fold.open]));
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) {
      const ids = all('[title]', row).map((e) => e.title).join(' ');
      texts.set(row, (row.textContent + ' ' + ids).toLowerCase());
    }
    return texts.get(row);
  };
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0 || decision.value !== '' || kind.value !== '';
    let shown = 0;
    for (const row of rows) {
      const match = (decision.value === '' || row.dataset.d === decision.value) &&
        (kind.value === '' || row.dataset.k === kind.value) &&
        words.every((word) => text(row).includes(word));
      row.classList.toggle('off', !match);
      shown += match ? 1 : 0;
    }
    for (const fold of folds) {
      const any = fold.querySelector('tbody tr:not(.off)') !== null;
      fold.classList.toggle('off', !any);
      fold.open = active ? any : wasOpen.get(fold);
    }
    for (const workspace of all('.workspace')) {
      workspace.classList.toggle('off', active && !workspace.querySelector('.fold:not(.off)'));
    }
    found.textContent = active ? shown.toLocaleString('en') + ' of ' + rows.length.toLocaleString('en') + ' listed' : '';
  };
  if (form && rows.length > 0) {
    form.hidden = false;
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', filter);
    if (find.value || decision.value || kind.value) filter();
  }

  // Sort: a click on a heading sorts its table, a second one the other way.
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.toLowerCase() : Number(cell.dataset.v);
  };
  for (const table of all('.assets')) {
    all('thead th', table).forEach((heading, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener('click', () => {
        const down = heading.getAttribute('aria-sort') === 'ascending';
        all('th[aria-sort]', table).forEach((th) => th.removeAttribute('aria-sort'));
        heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const keyed = Array.from(table.tBodies[0].rows, (row) => [value(row, column), row]);
        keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
        table.tBodies[0].append(...keyed.map(([, row]) => row));
      });
    });
  }

  // Light up: all that an asset needs, and all that needs it.
  for (const drawing of all('svg.graph')) {
    const nodes = new Map(all('.node', drawing).map((node) => [node.dataset.node, node]));
    const edges = all('.edge', drawing);
    const along = { from: new Map(), to: new Map() };
    for (const edge of edges) {
      for (const end of ['from', 'to']) {
        const at = edge.dataset[end];
        if (!along[end].has(at)) along[end].set(at, []);
        along[end].get(at).push(edge);
      }
    }
    const follow = (start, end, other) => {
      const reached = new Set([start]);
      for (const at of reached) {
        for (const edge of along[end].get(at) || []) {
          edge.classList.add('on');
          reached.add(edge.dataset[other]);
        }
      }
      for (const at of reached) nodes.get(at).classList.add('on');
    };
    const dark = () => {
      drawing.classList.remove('lit');
      all('.on', drawing).forEach((e) => e.classList.remove('on'));
    };
    const light = (event) => {
      const node = event.target.closest('.node');
      dark();
      if (!node) return;
      drawing.classList.add('lit');
      follow(node.dataset.node, 'from', 'to');
      follow(node.dataset.node, 'to', 'from');
    };
    drawing.addEventListener('pointerover', light);
    drawing.addEventListener('pointerleave', dark);
    drawing.addEventListener('focusin', light);
    drawing.addEventListener('focusout', dark);
  }

  // A link to a row opens the table that it is folded in, and lifts the filter
  // that hides it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.closest('.off') || target.querySelector('.off')) {
      form.reset();
      filter();
    }
    const fold = target.closest('details');
    if (fold) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();

  // Paper cannot be unfolded.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('details:not([open])');
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener('afterprint', () => folded.forEach((fold) => { fold.open = false; }));
})();
