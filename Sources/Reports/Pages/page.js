(() => {
  "use strict";
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");

  // Storage may be closed to pages that are opened as files.
  const stored = () => { try { return localStorage.getItem("plumbline-theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("plumbline-theme", theme); } catch { /* not remembered */ } };

  const applyTheme = () => { root.dataset.theme = stored() ?? (prefersDark.matches ? "dark" : "light"); };
  applyTheme();

  const make = (name, properties = {}, children = []) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Theme

  function watchTheme() {
    const button = document.getElementById("theme");
    const say = () => {
      const isDark = root.dataset.theme === "dark";
      button.textContent = isDark ? "Light" : "Dark";
      button.setAttribute("aria-label", isDark ? "Show in light colours" : "Show in dark colours");
    };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      store(root.dataset.theme);
      say();
      drawCharts();
    });
    prefersDark.addEventListener("change", () => { applyTheme(); say(); drawCharts(); });
  }

  // Charts

  const views = new Map();
  const readJSON = (element) => JSON.parse(element.textContent);
  const themeOf = (name) => readJSON(document.getElementById(`chart-theme-${name}`));
  // Below so many pixels a chart has the members that its specification keeps under usermeta.narrow.
  const narrowWidth = 520;

  let isDrawing = false;
  let hasChanged = false;

  // Draws what is not yet drawn in the page's theme, one chart after another.
  async function drawCharts() {
    hasChanged = true;
    if (isDrawing || !globalThis.vegaEmbed) return;
    isDrawing = true;
    delete root.dataset.charts;
    while (hasChanged) {
      hasChanged = false;
      for (const figure of document.querySelectorAll("figure")) {
        await drawChart(figure, root.dataset.theme).catch((error) => console.error(error));
        if (hasChanged) break;
      }
    }
    isDrawing = false;
    root.dataset.charts = "drawn";
  }

  async function drawChart(figure, theme) {
    const plot = figure.querySelector(".plot");
    const isFolded = plot.clientWidth === 0;
    if (figure.dataset.drawn === theme || (isFolded && figure.querySelector(".print-copy"))) return;
    const whole = readJSON(figure.querySelector(".specification"));
    const isNarrow = !isFolded && plot.clientWidth < narrowWidth;
    const specification = isNarrow ? { ...whole, ...whole.usermeta?.narrow } : whole;
    if (!isFolded) {
      views.get(figure)?.finalize();
      const result = await vegaEmbed(plot, specification, optionsFor(theme));
      views.set(figure, result);
      figure.dataset.drawn = theme;
      openLegend(plot);
    }
    figure.querySelector(".print-copy")?.remove();
    if (isFolded || theme === "dark") plot.after(await printCopy(whole, plot.clientWidth || 640));
  }

  const optionsFor = (theme) => ({
    // Expressions are interpreted: the page forbids making code from text.
    ast: true, actions: false, defaultStyle: false, renderer: "svg", config: themeOf(theme),
    tooltip: { disableDefaultStyle: true },
  });

  // Paper is white whatever the screen is.
  async function printCopy(specification, width) {
    const { view, finalize } = await vegaEmbed(make("div"), { ...specification, width }, optionsFor("light"));
    const copy = make("div", { className: "print-copy", ariaHidden: "true", innerHTML: await view.toSVG() });
    finalize();
    return copy;
  }

  // Entries of legends that highlight a series take the keyboard too.
  function openLegend(plot) {
    for (const entry of plot.querySelectorAll(".role-legend-symbol[class*='_legend_symbols'] path")) {
      const name = entry.__data__?.datum?.value;
      entry.setAttribute("tabindex", "0");
      entry.setAttribute("role", "button");
      entry.setAttribute("aria-label", `Highlight ${name}`);
      entry.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        const box = entry.getBoundingClientRect();
        entry.dispatchEvent(new MouseEvent("click", {
          bubbles: true, view: window, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2,
        }));
      });
    }
  }

  async function save(figure, form) {
    const { view } = views.get(figure);
    const url = await view.toImageURL(form, form === "png" ? 3 : 1);
    const link = make("a", { href: url, download: `${figure.dataset.name}.${form}` });
    document.body.append(link);
    link.click();
    link.remove();
  }

  function openExports() {
    for (const button of document.querySelectorAll("[data-export]")) {
      button.addEventListener("click", () => save(button.closest("figure"), button.dataset.export));
    }
  }

  // Tables

  const cellKey = (cell) => "key" in cell.dataset ? Number(cell.dataset.key) : cell.textContent;
  const compare = (one, other) => {
    if (typeof one === "number" && typeof other === "number") return one - other;
    if (typeof one === "number") return 1;
    if (typeof other === "number") return -1;
    return one.localeCompare(other, "en", { numeric: true });
  };

  function openSorting() {
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const second = first === "ascending" ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? second : first;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => sign * compare(cellKey(one.cells[column]), cellKey(other.cells[column])));
        table.tBodies[0].append(...rows);
      }));
    }
  }

  // Tokens

  const signed = (score) => (score < 0 ? "−" : "+") + Math.abs(score).toFixed(2);
  const inWords = ([text, role, score]) =>
    `“${text}” · ${role} · ${score === null ? "not captured" : `log-odds ${signed(score)}`}`;

  function openTokens(view) {
    const prompts = readJSON(view.querySelector(".prompts"));
    const largest = Number(view.dataset.largest);
    const [labels, choice] = [view.querySelector(".labels"), view.querySelector(".choice")];
    const [text, reading] = [view.querySelector(".text"), view.querySelector(".reading")];
    const names = [...new Set(prompts.map((prompt) => prompt.label).filter((label) => label !== null))];

    const show = () => {
      const prompt = prompts[Number(choice.value)];
      const spans = prompt.tokens.map((token) => {
        const [shown, , score] = token;
        const kind = score === null ? "silent" : score < 0 ? "below" : "above";
        const span = make("span", { className: `token ${kind}`, tabIndex: -1, textContent: shown });
        span.style.setProperty("--strength", score === null ? 0 : Math.min(1, Math.abs(score) / largest).toFixed(3));
        span.setAttribute("role", "img");
        span.setAttribute("aria-label", inWords(token));
        const read = () => { reading.textContent = inWords(token); };
        span.addEventListener("pointerenter", read);
        span.addEventListener("focus", read);
        return span;
      });
      if (spans.length > 0) spans[0].tabIndex = 0;
      text.replaceChildren(...spans.flatMap((span) => span.textContent.endsWith("\\n") ? [span, make("br")] : [span]));
      reading.textContent = "Point at a token, or step through them with the arrow keys.";
      const rows = prompt.tokens.map(([shown, role, score], index) => make("tr", {}, [
        make("th", { scope: "row", className: "number", textContent: index }),
        make("td", { textContent: shown }), make("td", { textContent: role }),
        make("td", { className: "number", textContent: score === null ? "–" : signed(score) }),
      ]));
      const heads = ["position", "token", "role", "log-odds"].map((title, index) =>
        make("th", { scope: "col", className: index % 3 === 0 ? "number" : "", textContent: title }));
      view.querySelector(".token-table").replaceChildren(make("div", { className: "scroll", tabIndex: 0 }, [
        make("table", {}, [
          make("caption", { textContent: `Tokens of ${prompt.id}` }),
          make("thead", {}, [make("tr", {}, heads)]), make("tbody", {}, rows),
        ]),
      ]));
    };

    const offer = () => {
      const offered = prompts.map((prompt, index) => ({ prompt, index }))
        .filter(({ prompt }) => labels.value === "" || prompt.label === labels.value);
      choice.replaceChildren(...offered.map(({ prompt, index }) =>
        make("option", { value: index, textContent: prompt.label === null ? prompt.id : `${prompt.id} (${prompt.label})` })));
      if (offered.length > 0) show();
    };

    text.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const spans = [...text.querySelectorAll(".token")];
      const here = spans.indexOf(document.activeElement);
      const next = Math.max(0, Math.min(spans.length - 1, here + step));
      spans[here]?.setAttribute("tabindex", "-1");
      spans[next].tabIndex = 0;
      spans[next].focus();
    });
    labels.replaceChildren(make("option", { value: "", textContent: "all" }),
      ...names.map((name) => make("option", { value: name, textContent: name })));
    labels.parentElement.hidden = names.length < 2;
    labels.addEventListener("change", offer);
    choice.addEventListener("change", show);
    view.querySelector(".controls").hidden = false;
    view.querySelector(".scale").hidden = false;
    offer();
  }

  // Contents

  function openContents() {
    const contents = document.querySelector("nav details");
    const wide = matchMedia("(min-width: 70rem)");
    const unfold = () => { contents.open = wide.matches; };
    wide.addEventListener("change", unfold);
    unfold();
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((entry) => entry.isIntersecting)) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("main > section").forEach((section) => watcher.observe(section));
  }

  // Charts cannot be drawn where they do not show.
  function watchFolds() {
    for (const details of document.querySelectorAll("main details:not(.data)")) {
      details.addEventListener("toggle", drawCharts);
    }
  }

  // Paper shows what the screen folds away, apart from the charts' data.
  function openForPrint() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("main details:not([open], .data)")];
      opened.forEach((details) => { details.open = true; });
    });
    addEventListener("afterprint", () => {
      opened.forEach((details) => { details.open = false; });
      opened = [];
    });
  }

  addEventListener("DOMContentLoaded", () => {
    watchTheme();
    openContents();
    openExports();
    openSorting();
    openForPrint();
    watchFolds();
    document.querySelectorAll(".tokens").forEach(openTokens);
    drawCharts();
  });
})();
