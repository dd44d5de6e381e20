// Lost and marked requests: found by pointer, by key and from the list.
(() => {
  const page = window.page;
  const { data, chart, view, show, plot, share, clamp, span, clock } = page;
  const marks = data.marks;
  const total = marks.t ? marks.t.length : 0;
  const cursor = chart.querySelector(".cursor");
  const chosen = document.getElementById("chosen");
  const LOST = 0;
  let picked = -1;

  const items = new Map(); // of the list, by index in the verdict's lost
  for (const li of document.querySelectorAll("li[data-lost]")) items.set(+li.dataset.lost, li);
  const markOf = new Map();
  for (let i = 0; i < total; i++) if (marks.listed[i] >= 0) markOf.set(marks.listed[i], i);

  function describe(i) {
    const sent = marks.t[i] - marks.sent[i] >= 250000 ? `, sent ${clock(marks.sent[i])}` : "";
    return `${clock(marks.t[i])}  ${data.lanes[marks.lane[i]].name}: ${data.kinds[marks.kind[i]]}${sent}`;
  }

  // pickedTime is where the chosen request is drawn, if that is in sight.
  function pickedTime() {
    if (picked < 0 || marks.t[picked] < view.from || marks.t[picked] > view.to) return undefined;
    return marks.t[picked];
  }

  function place() {
    cursor.hidden = pickedTime() === undefined;
    if (cursor.hidden) return;
    const p = plot();
    cursor.className = "cursor picked";
    cursor.style.width = "";
    cursor.style.left = p.left + share(marks.t[picked]) * p.width - 1 + "px";
  }

  // pick chooses a mark: it is brought into view, told, and shown in the list.
  function pick(i, { scroll = false } = {}) {
    if (i < 0 || i >= total) return;
    picked = i;
    const t = marks.t[i];
    if (t < view.from || t > view.to) show(t - span() / 2, t + span() / 2);
    for (const li of document.querySelectorAll("li.picked")) {
      li.classList.remove("picked");
      li.removeAttribute("aria-current");
    }
    const li = items.get(marks.listed[i]);
    if (li) {
      li.classList.add("picked");
      li.setAttribute("aria-current", "true");
      chosen.replaceChildren(...[...li.childNodes].map((n) => n.cloneNode(true)));
      const more = li.closest("details");
      if (scroll && more) more.open = true;
      if (scroll) li.scrollIntoView({ block: "center" });
    } else {
      chosen.textContent = describe(i);
    }
    chosen.hidden = false;
    place();
  }

  // near is the mark that is closest to a time on a lane, within so much.
  function near(lane, t, within) {
    let best = -1, far = within;
    for (let i = first(t - within); i < total && marks.t[i] <= t + within; i++) {
      const d = Math.abs(marks.t[i] - t) + (marks.class[i] === LOST ? 0 : within / 100);
      if ((lane < 0 || marks.lane[i] === lane) && d <= far) { best = i; far = d; }
    }
    return best;
  }

  function first(t) {
    let low = 0, high = total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks.t[middle] < t) low = middle + 1; else high = middle;
    }
    return low;
  }

  function next(step) {
    if (!total) return;
    if (picked < 0) pick(step > 0 ? 0 : total - 1);
    else pick(clamp(picked + step, 0, total - 1));
  }

  // lostSpan is the time in which requests were lost.
  function lostSpan() {
    let from = Infinity, to = -Infinity;
    for (let i = 0; i < total; i++) if (marks.class[i] === LOST) { from = Math.min(from, marks.t[i]); to = Math.max(to, marks.t[i]); }
    const aside = Math.max((to - from) * 0.1, 50000);
    return [from - aside, to + aside];
  }

  const list = document.getElementById("lost-list");
  for (const ol of document.querySelectorAll("ol.lost")) {
    ol.classList.add("live");
    ol.addEventListener("click", (e) => {
      const li = e.target.closest("li[data-lost]");
      if (li) pickListed(+li.dataset.lost);
    });
    ol.addEventListener("keydown", (e) => {
      const li = e.target.closest("li[data-lost]");
      if (!li) return;
      const to = { ArrowDown: +li.dataset.lost + 1, ArrowUp: +li.dataset.lost - 1, Home: 0, End: items.size - 1, Enter: +li.dataset.lost, " ": +li.dataset.lost }[e.key];
      if (to === undefined || !items.has(to)) return;
      e.preventDefault();
      pickListed(to);
      rove(to, true);
    });
  }

  function pickListed(n) {
    if (markOf.has(n)) pick(markOf.get(n));
    rove(n, false);
  }

  // rove: one item of the list is in the order of the tab key; the arrows go
  // to the others.
  let tab = 0;
  function rove(n, focus) {
    const li = items.get(n);
    if (!li) return;
    items.get(tab).tabIndex = -1;
    li.tabIndex = 0;
    tab = n;
    if (!focus) return;
    const more = li.closest("details");
    if (more) more.open = true;
    li.focus();
  }
  for (const li of items.values()) li.tabIndex = -1;
  if (list && items.size) items.get(0).tabIndex = 0;

  Object.assign(page, { pick, pickedTime, near, next, lostSpan, describe, total, redraw: place });
})();
