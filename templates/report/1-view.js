"use strict";
// The page is whole without this script. It makes the timeline one that can
// be looked into: closer, wider, and request by request.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const chart = document.getElementById("chart");
  const WIDTH = 10000; // of the drawing, in its own units
  const view = { from: 0, to: data.length };
  const narrowest = Math.max(2000, data.length / 20000); // microseconds

  const strips = [...chart.querySelectorAll(".strip")];
  const words = [...chart.querySelectorAll(".words text")];
  const badges = chart.querySelector(".ruler.steps");
  const axis = chart.querySelector(".ruler.axis");

  function clamp(n, low, high) { return Math.min(Math.max(n, low), high); }
  function span() { return view.to - view.from; }
  function share(t) { return (t - view.from) / span(); }

  function show(from, to) {
    const wide = clamp(to - from, narrowest, data.length);
    const middle = (from + to) / 2;
    view.from = clamp(middle - wide / 2, 0, data.length - wide);
    view.to = view.from + wide;
    draw();
  }

  function draw() {
    const x = view.from / data.length * WIDTH, w = span() / data.length * WIDTH;
    for (const s of strips) s.setAttribute("viewBox", `${x} 0 ${w} ${s.getAttribute("height")}`);
    drawWords();
    drawBadges();
    drawAxis();
    page.redraw();
  }

  // A state's name stands where its band begins to be seen, if it fits.
  function drawWords() {
    for (const t of words) {
      const width = t.parentNode.clientWidth;
      const from = Math.max(+t.dataset.from, view.from), to = Math.min(+t.dataset.to, view.to);
      const room = (to - from) / span() * width;
      const fits = room > t.textContent.length * 6.8 + 8;
      t.setAttribute("visibility", fits ? "visible" : "hidden");
      if (!fits) continue;
      t.setAttribute("x", share(from) * 100 + "%");
      t.setAttribute("dx", 5);
    }
  }

  function label(svg, x, text, classed) {
    const width = svg.clientWidth;
    const t = document.createElementNS("http://www.w3.org/2000/svg", "text");
    const g = document.createElementNS("http://www.w3.org/2000/svg", "g");
    t.setAttribute("x", clamp(x / width, 0, 1) * 100 + "%"); // a share: the width may change
    t.setAttribute("y", svg === axis ? 14 : 15);
    t.setAttribute("text-anchor", x < 16 ? "start" : x > width - 16 ? "end" : "middle");
    t.textContent = text;
    g.setAttribute("class", classed);
    g.append(t);
    svg.append(g);
  }

  // Steps that would stand on one another share a number.
  function drawBadges() {
    badges.replaceChildren();
    const width = badges.clientWidth;
    const seen = data.steps.filter((s) => s.t >= view.from && s.t <= view.to);
    for (let i = 0; i < seen.length;) {
      let last = i;
      const x = share(seen[i].t) * width;
      while (last + 1 < seen.length && share(seen[last + 1].t) * width - x < 34) last++;
      label(badges, x, last > i ? `${seen[i].i}–${seen[last].i}` : `${seen[i].i}`, "badge");
      i = last + 1;
    }
  }

  function drawAxis() {
    axis.replaceChildren();
    const width = axis.clientWidth;
    const wanted = span() / Math.max(2, width / 110);
    let step = 10 ** Math.floor(Math.log10(wanted));
    step *= [1, 2, 5, 10].find((f) => step * f >= wanted);
    const digits = Math.max(0, -Math.floor(Math.log10(step / 1e6) + 1e-9));
    for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
      label(axis, share(t) * width, (t / 1e6).toFixed(digits) + "s", "tick");
    }
  }

  // plot is the box in which time runs.
  function plot() {
    const box = chart.getBoundingClientRect(), inner = strips[0].getBoundingClientRect();
    return { left: inner.left - box.left, width: inner.width };
  }

  function time(clientX) {
    const box = strips[0].getBoundingClientRect();
    return view.from + clamp((clientX - box.left) / box.width, 0, 1) * span();
  }

  // page is what the other scripts see.
  const page = window.page = {
    data, chart, view, show, draw, plot, time, share, clamp, span,
    redraw() {},
    clock(us) { return (us / 1e6).toFixed(3) + "s"; },
    long(us) {
      if (us < 1000) return us + "µs";
      if (us < 1e6) return +(us / 1e3).toPrecision(3) + "ms";
      return +(us / 1e6).toPrecision(3) + "s";
    },
  };
})();
