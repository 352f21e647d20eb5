// The page: sections that are drawn when they come into view, a design's page by its name in the address, the theme.
const kSections = [
  ["ladder", "Ladder", "From proposals to claims; what each level cost.", (p) => renderLadder(p)],
  ["leaderboard", "Leaderboard", "Who beats the baseline, by how much, with what error.", (p) => renderLeaderboard(p)],
  ["family", "Family", "Who descends from whom.", (p) => renderFamily(p)],
  [
    "curves", "Curves", "The baselines and the best of a rung, all seeds at the design's own learning rate.",
    (p) => renderCurveSection(p)
  ],
  ["transfer", "Transfer", "Does a cheap rung tell the dear one?", (p) => renderTransfer(p)],
  ["gate", "Gate", "What was refused, and what the gate is worth.", (p) => renderGate(p)],
  ["agents", "Agents", "How much of what was proposed was any good, and its price.", (p) => renderAgents(p)],
  ["timeline", "Timeline", "When the work was done.", (p) => renderTimeline(p)],
];

function stored(key, value) {  // a browser may refuse storage to a file
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* then it is not remembered */
  }
  return null;
}

const theme = {
  dark: matchMedia("(prefers-color-scheme: dark)"),
  choice: stored("gradus-theme") || "auto",
  apply(print = false) {
    const dark = !print && (theme.choice === "dark" || (theme.choice === "auto" && theme.dark.matches));
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    const button = document.getElementById("theme");
    button.textContent = {auto: "◐ auto", light: "☀ light", dark: "☾ dark"}[theme.choice];
    button.setAttribute("aria-label", `Theme: ${theme.choice}. Press to change.`);
  },
  next() {
    theme.choice = {auto: "dark", dark: "light", light: "auto"}[theme.choice];
    stored("gradus-theme", theme.choice);
    theme.apply();
    redrawCanvases();
  },
};
// Colours of SVG and text follow the theme by themselves; a canvas is drawn again.
function redrawCanvases() {
  const place = document.querySelector("#family > .content");
  if (place?.hasChildNodes()) drawSection("family");
}

function drawSection(id) {
  const [, , , render] = kSections.find(([key]) => key === id);
  const place = document.querySelector(`#${id} > .content`);
  place.replaceChildren();
  place.classList.remove("waiting");
  try {
    render(place);
  } catch (fault) {  // one section's fault is not the page's
    place.append(h("p", {class: "bad"}, `This part could not be drawn: ${fault.message}`));
    console.error(fault);
  }
}
const drawn = (id) => !document.querySelector(`#${id} > .content`).classList.contains("waiting");

let watcher = null;
function showSections() {
  const {experiment} = all(), main = document.getElementById("page");
  main.replaceChildren(
      h("h1", {}, experiment.name),
      h("p", {class: "soft"},
        `${plural(designCount(), "design")}, baselines ${experiment.baselines.join(", ")}; ${
            plural(experiment.learning_rates.length, "learning rate")} for every design at the lowest rung, ` +
            `${plural(experiment.seeds, "seed")} (baseline ${experiment.baseline_seeds}), above ${
                experiment.upper_seeds}. Written ${experiment.written.replace("T", " ").replace("Z", " UTC")}` +
            (experiment.watch ? `, again while the campaign runs.` : ".")));
  if (experiment.faults.length) {
    main.append(
        h("details", {class: "card"},
          h("summary", {class: "bad"}, `${plural(experiment.faults.length, "file")} could not be read`),
          h("ul", {}, experiment.faults.slice(0, 200).map((f) => h("li", {}, f)))));
  }
  for (const [id, name, what] of kSections) {
    main.append(
        h("section", {id, "aria-labelledby": `${id}-name`}, h("h2", {id: `${id}-name`}, name),
          h("p", {class: "soft"}, what), h("div", {class: "content waiting"})));
  }
  watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      if (!drawn(entry.target.id)) drawSection(entry.target.id);
    }
  }, {rootMargin: "500px"});
  for (const [id] of kSections) watcher.observe(document.getElementById(id));
}

// The address names a section or a design.
function route(first = false) {
  const word = decodeURIComponent(location.hash.slice(1)), design = designIndex(word),
        main = document.getElementById("page");
  tip.hide();
  if (design !== undefined) {
    watcher?.disconnect();
    main.replaceChildren();
    renderDesign(main, design);
    document.title = `${word} · ${all().experiment.name}`;
    scrollTo(0, 0);
    if (!first) main.focus({preventScroll: true});
  } else {
    document.title = `${all().experiment.name} · Gradus`;
    if (!document.getElementById("ladder")) showSections();
    const section = kSections.some(([id]) => id === word) ? document.getElementById(word) : null;
    if (section) {
      // What stands above takes its height first, so that the section does not move away when it is drawn.
      for (const [id] of kSections) {
        if (!drawn(id)) drawSection(id);
        if (id === word) break;
      }
      section.scrollIntoView({behavior: "instant"});
    }
  }
  for (const link of document.querySelectorAll("#sections a")) {
    link.removeAttribute("aria-current");
    if (link.getAttribute("href") !== `#${word}`) continue;
    link.setAttribute("aria-current", "true");
    link.parentElement.scrollLeft = link.offsetLeft - 60;
  }
}

function redrawAll() {
  const design = designIndex(decodeURIComponent(location.hash.slice(1)));
  if (design !== undefined) return void route(true);
  for (const [id] of kSections)
    if (drawn(id)) drawSection(id);
}

// An open page is read again, and scrolls to where it was.
function follow(seconds) {
  const kept = (work) => {
    try {
      return work(sessionStorage);
    } catch {
      return null;  // a browser that keeps nothing for a file
    }
  };
  const at = Number(kept((s) => s.getItem("gradus-scroll")));
  if (at) requestAnimationFrame(() => scrollTo(0, at));
  setTimeout(() => {
    kept((s) => s.setItem("gradus-scroll", String(scrollY)));
    location.reload();
  }, 1000 * seconds);
}

function start() {
  const {experiment} = all();
  document.getElementById("sections").append(...kSections.map(([id, name]) => h("a", {href: `#${id}`}, name)));
  document.getElementById("theme").addEventListener("click", theme.next);
  theme.dark.addEventListener("change", () => {
    theme.apply();
    redrawCanvases();
  });
  theme.apply();
  document.getElementById("foot").append(`${experiment.version}; settings ${
      experiment.hash}. Charts by D3. This file asks for nothing else: keep it, mail it, print it.`);
  addEventListener("hashchange", () => route());
  addEventListener("beforeprint", () => {
    theme.apply(true);
    if (document.getElementById("ladder"))
      for (const [id] of kSections) drawSection(id);
  });
  addEventListener("afterprint", () => theme.apply());
  let width = innerWidth, waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;  // a phone's bar that hides is no other width
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(redrawAll, 150);
  });
  route(true);
  if (experiment.watch) follow(experiment.watch);
}
