// The hand on the timeline: pointer, keys and buttons.
(() => {
  const page = window.page;
  const { data, chart, view, show, plot, time, span, clock, long } = page;
  const tip = chart.querySelector(".tip");
  const cursor = chart.querySelector(".cursor");
  const NEAR = 7; // pixels
  let drag = null;

  const acts = {
    whole() { show(0, data.length); },
    steps() { show(data.focus[0], data.focus[1]); },
    lost() { show(...page.lostSpan()); },
    in() { zoom(0.5); },
    out() { zoom(2); },
    left() { show(view.from - span() / 4, view.to - span() / 4); },
    right() { show(view.from + span() / 4, view.to + span() / 4); },
  };

  // zoom keeps what was chosen in the middle, where it is in sight.
  function zoom(by) {
    const middle = page.pickedTime() ?? (view.from + view.to) / 2, half = span() * by / 2;
    show(middle - half, middle + half);
  }

  for (const b of document.querySelectorAll("[data-do]")) b.addEventListener("click", () => acts[b.dataset.do]());
  document.querySelector(".tools").hidden = false;
  document.getElementById("chart-keys").hidden = false;

  chart.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act = {
      ArrowLeft: () => (e.shiftKey ? acts.left() : page.next(-1)),
      ArrowRight: () => (e.shiftKey ? acts.right() : page.next(1)),
      "+": acts.in, "=": acts.in, "-": acts.out, Home: acts.whole, Escape: hush,
    }[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  });

  chart.addEventListener("pointermove", (e) => {
    if (drag) { stretch(e.clientX); return; }
    const row = e.target.closest(".row[data-lane]");
    if (row) tell(e, +row.dataset.lane); else hush();
  });
  chart.addEventListener("pointerleave", hush);

  chart.addEventListener("pointerdown", (e) => {
    if (e.button !== 0 || e.pointerType === "touch" || !e.target.closest(".plot")) return;
    drag = { from: e.clientX, moved: false, pointer: e.pointerId };
  });
  window.addEventListener("pointerup", (e) => {
    const d = drag;
    drag = null;
    if (!d || !d.moved) return;
    page.redraw();
    show(...[time(d.from), time(e.clientX)].sort((a, b) => a - b));
  });
  chart.addEventListener("click", (e) => {
    const row = e.target.closest(".row[data-lane]");
    if (!row) return;
    const t = time(e.clientX);
    const i = page.near(+row.dataset.lane, t, reach() * 2);
    if (i >= 0) page.pick(i, { scroll: false });
  });

  // reach is how much time lies within a few pixels.
  function reach() { return NEAR / plot().width * span(); }

  function stretch(x) {
    if (Math.abs(x - drag.from) < 4 && !drag.moved) return;
    drag.moved = true;
    hush();
    const box = chart.getBoundingClientRect();
    const left = Math.min(x, drag.from) - box.left;
    cursor.className = "cursor drag";
    cursor.style.left = left + "px";
    cursor.style.width = Math.abs(x - drag.from) + "px";
    cursor.hidden = false;
  }

  function hush() { tip.hidden = true; }

  // tell says what is under the pointer: a mark, else the request or the bin.
  function tell(e, lane) {
    const t = time(e.clientX);
    const i = page.near(lane, t, reach());
    const text = i >= 0 ? page.describe(i) : under(data.lanes[lane], t);
    if (!text) { hush(); return; }
    tip.textContent = text;
    tip.hidden = false;
    const box = chart.getBoundingClientRect(), row = e.target.closest(".row").getBoundingClientRect();
    const x = e.clientX - box.left;
    tip.style.left = page.clamp(x + 14, 0, box.width - tip.offsetWidth) + "px";
    if (x + 14 + tip.offsetWidth > box.width) tip.style.left = Math.max(0, x - 14 - tip.offsetWidth) + "px";
    tip.style.top = Math.max(0, row.top - box.top - tip.offsetHeight - 4) + "px";
  }

  function under(lane, t) {
    if (lane.t) {
      const i = closest(lane.t, t);
      if (i < 0 || Math.abs(lane.t[i] - t) > reach() * 2) return "";
      const who = lane.key[i] < 0 ? "no server answered" : data.keys[lane.key[i]];
      return `${clock(lane.t[i])}  ${lane.name}\n${who}${lane.took[i] >= 0 ? "\n" + long(lane.took[i]) : ""}`;
    }
    if (!data.edges || !lane.n) return "";
    let i = closest(data.edges, t);
    if (data.edges[i] > t) i--;
    i = page.clamp(i, 0, lane.n.length - 1);
    if (!lane.n[i]) return "";
    return `${clock(data.edges[i])} to ${clock(data.edges[i + 1])}  ${lane.name}\n${lane.n[i]} requests\np50 ${long(lane.p50[i])}, p99 ${long(lane.p99[i])}, max ${long(lane.max[i])}`;
  }

  // closest is the index of the value that is nearest, in a sorted list.
  function closest(list, t) {
    if (!list.length) return -1;
    let low = 0, high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] < t) low = middle + 1; else high = middle;
    }
    return low > 0 && t - list[low - 1] < list[low] - t ? low - 1 : low;
  }

  new ResizeObserver(() => page.draw()).observe(chart);
  page.draw();
  delete window.page;
})();
