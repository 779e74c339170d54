"use strict";
// The report's page: counting units, sorting, sliders. Everything that comes from documents is set as text, never as HTML.
(() => {
  const $ = (id) => document.getElementById(id);
  const told = (n) => Math.round(n).toLocaleString("en-US");

  // Documents, characters or tokens.
  const main = document.querySelector("main");
  document.querySelectorAll('input[name="unit"]').forEach((input) =>
    input.addEventListener("change", () => { main.dataset.unit = input.value; }));

  // Tables sort by any column: the text that is shown, as a number where it is one.
  const shown = (cell) => {
    const unit = cell.querySelector(`[data-u="${main.dataset.unit}"]`);
    return (unit || cell).textContent.trim();
  };
  const numeric = (text) => {
    const value = parseFloat(text.replace(/[,%<]/g, ""));
    return text === "" || text === "–" ? -Infinity : Number.isNaN(value) ? text.toLowerCase() : value;
  };
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [numeric(shown(row.cells[column])), row]);
        rows.sort(([a], [b]) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1));
        if (down) rows.reverse();
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  });

  // Where one is, in the list of sections.
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const watch = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((a) => a.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }), { rootMargin: "-10% 0px -75% 0px" });
  document.querySelectorAll("main section").forEach((section) => watch.observe(section));

  // Details that a link within the page points into are opened, and all of them for printing.
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));

  const trial = JSON.parse($("trial").textContent);
  if (!trial) return;
  const { thresholds, fates, rows } = trial;
  const bounds = thresholds.map((t) => t.bound);
  // In 32 bits where the values are: 0.3 as a threshold is the value that the step compares with.
  const single = thresholds.map((t, i) => rows.some((row) => row[2 + i] !== null && !Number.isInteger(row[2 + i])));
  const beyond = (i, value) => {
    const bound = single[i] ? Math.fround(bounds[i]) : bounds[i];
    const own = single[i] ? Math.fround(value) : value;
    return value !== null && (thresholds[i].side === "min" ? own < bound : own > bound);
  };

  /** Documents kept and taken by each threshold, as the sample tells. */
  const count = () => {
    let kept = 0, came = 0, went = 0;
    const taken = thresholds.map(() => 0);
    for (const row of rows) {
      const fate = fates[row[0]], weight = row[1];
      const hit = thresholds.findIndex((t, i) => beyond(i, row[2 + i]));
      const before = fate.step === null;
      // Another step took it: it stays out, unless a threshold before that step takes it now.
      const now = hit < 0 && (before || fate.by !== null);
      if (hit >= 0) taken[hit] += weight;
      if (now) kept += weight;
      if (now && !before) came += weight;
      if (!now && before) went += weight;
    }
    return { kept, came, went, taken };
  };

  const items = thresholds.map((t, i) => {
    const values = rows.map((row) => row[2 + i]).filter((value) => value !== null).sort((a, b) => a - b);
    const at = (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? t.bound;
    const low = Math.min(at(0.01), t.bound), high = Math.max(at(0.99), t.bound * 1.5, low + 1e-3);
    const whole = !single[i] && high > 5;
    return { low, high, step: whole ? 1 : (high - low) / 200, whole };
  });
  const holder = $("sliders");
  const parts = thresholds.map((t, i) => {
    const { low, high, step, whole } = items[i];
    const box = document.createElement("div"), label = document.createElement("label");
    const range = document.createElement("input"), field = document.createElement("input"), takes = document.createElement("span");
    const name = document.createElement("b");
    box.className = "slider";
    name.textContent = `${t.step}.${t.parameter}`;
    name.style.fontWeight = "inherit";
    label.append(name, takes);
    label.htmlFor = `try${i}`;
    range.type = "range"; range.id = `try${i}`; range.min = low; range.max = high; range.step = whole ? 1 : "any"; range.value = t.bound;
    field.type = "number"; field.step = "any"; field.value = t.bound; field.setAttribute("aria-label", `${t.step}.${t.parameter}, exactly`);
    range.addEventListener("input", () => {
      bounds[i] = whole ? Math.round(range.value) : Number(Number(range.value).toPrecision(3));
      field.value = bounds[i];
      draw();
    });
    range.addEventListener("keydown", (event) => {  // "any" has no step of its own for the arrow keys
      const turn = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!turn || whole) return;
      event.preventDefault();
      range.value = Number(range.value) + turn * step;
      range.dispatchEvent(new Event("input"));
    });
    field.addEventListener("input", () => {
      if (field.value === "" || !Number.isFinite(field.valueAsNumber)) return;
      bounds[i] = field.valueAsNumber;
      range.value = bounds[i];
      draw();
    });
    box.append(label, range, field);
    return { box, range, field, takes };
  });

  // Those that took documents are the main ones; the others are a click away.
  const taking = count().taken, rest = document.createElement("details"), title = document.createElement("summary");
  const idle = document.createElement("div");
  idle.className = "sliders";
  thresholds.map((t, i) => i).sort((a, b) => taking[b] - taking[a] || a - b)
    .forEach((i, place) => (taking[i] > 0 || place < 4 ? holder : idle).append(parts[i].box));
  title.textContent = `${idle.children.length} thresholds that took no document`;
  rest.append(title, idle);
  if (idle.children.length) holder.after(rest);

  const command = $("command").textContent.trim();
  const first = count();
  const draw = () => {
    const now = count(), sign = trial.sampled < trial.documents ? "≈ " : "";
    const result = $("outcome"), number = document.createElement("b");
    number.textContent = `${sign}${told(now.kept)}`;
    const changed = thresholds.some((t, i) => bounds[i] !== t.bound);
    const words = changed
      ? ` documents kept instead of ${told(first.kept)}: ${sign}${told(now.went)} go, ${sign}${told(now.came)} come`
      : " documents kept, as it was";
    result.replaceChildren(number, document.createTextNode(words));
    parts.forEach(({ box, takes }, i) => {
      takes.textContent = `takes ${sign}${told(now.taken[i])}`;
      box.classList.toggle("moved", bounds[i] !== thresholds[i].bound);
    });
    const sets = thresholds.flatMap((t, i) => (bounds[i] === t.bound ? [] : [`--set ${t.step}.${t.parameter}=${bounds[i]}`]));
    $("command").textContent = [command, ...sets].join(" ");
  };
  $("reset").addEventListener("click", () => {
    thresholds.forEach((t, i) => { bounds[i] = t.bound; parts[i].range.value = t.bound; parts[i].field.value = t.bound; });
    draw();
  });
  draw();
})();
