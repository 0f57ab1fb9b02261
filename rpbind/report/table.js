// Tables: sort by a header, filter rows, copy or save. Without this script they are plain tables.
(() => {
  const LONG = 12; // rows from which a table gets a filter

  // The text of a cell without its notes: what is small, drawn or folded away
  const own = (cell) => {
    let text = "";
    for (const node of cell.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) text += node.data;
      else if (!/^(SMALL|svg|DETAILS)$/.test(node.nodeName) && !node.classList?.contains("place")) text += ` ${own(node)} `;
    }
    return text.replace(/\s+/g, " ").trim();
  };
  const notes = (cell) => [...cell.querySelectorAll("small")].map((each) => own(each)).filter(Boolean).join("; ");
  const plain = (text) => text.replace(/−/g, "-").replace(/(\d),(?=\d{3}(\D|$))/g, "$1");
  const number = (text) => {
    const found = /^[<\[]?\s*([+-]?\d+(\.\d+)?(e[+-]?\d+)?)(?=$|[\s*,%])/i.exec(plain(text));
    return found ? Number(found[1]) : NaN;
  };
  const value = (cell) => (cell ? cell.dataset.sort ?? own(cell) : "");

  // A row of class "follows" belongs to the row above it
  const groups = (body) => {
    const found = [];
    for (const row of body.rows) {
      if (row.classList.contains("follows") && found.length) found.at(-1).push(row);
      else found.push([row]);
    }
    return found;
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const before = groups(body);
    const first = table.tHead.querySelector("[aria-sort]"); // by what the page has sorted it
    const order = first?.getAttribute("aria-sort");
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if (!header.textContent.trim() || "drawn" in header.dataset || before.length < 2) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...header.childNodes);
      header.append(button);
      const arrange = (direction) => {
        for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
        header.setAttribute("aria-sort", direction);
        const sign = direction === "ascending" ? 1 : -1;
        const keys = new Map(before.map((group) => [group, value(group[0].cells[column])]));
        const empty = (key) => key === "" || key === "–";
        const numbers = [...keys.values()].every((key) => empty(key) || !Number.isNaN(number(key)));
        const rows = [...before].sort((a, b) => {
          const [x, y] = [keys.get(a), keys.get(b)];
          if (empty(x) || empty(y)) return empty(x) - empty(y);
          return sign * (numbers ? number(x) - number(y) : x.localeCompare(y, "en", {numeric: true}));
        });
        body.append(...rows.flat());
      };
      button.addEventListener("click", () => {
        const now = header.getAttribute("aria-sort");
        if (now !== "descending" || header === first) return arrange(now === "ascending" ? "descending" : "ascending");
        header.removeAttribute("aria-sort");
        first?.setAttribute("aria-sort", order);
        body.append(...before.flat());
      });
      // other numbers have been written into the cells
      table.addEventListener("changed", () => {
        if (header.hasAttribute("aria-sort")) arrange(header.getAttribute("aria-sort"));
      });
    });
  };

  // The visible rows as text, each with its columns; `noted` adds a column for the notes of a column
  const content = (table, noted) => {
    const headers = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => [...row.cells]);
    const columns = [];
    headers.forEach((header, at) => {
      if ("drawn" in header.dataset) return;
      const about = notes(header);
      const name = own(header) + (about ? ` (${about})` : "");
      const right = header.classList.contains("n");
      columns.push({name, right, of: (row) => (row[at] ? own(row[at]) : "")});
      if (noted && rows.some((row) => row[at] && notes(row[at]))) {
        columns.push({name: `${own(header)}: notes`, right: false, of: (row) => (row[at] ? notes(row[at]) : "")});
      }
    });
    return {columns, rows: rows.map((row) => columns.map((column) => column.of(row)))};
  };

  const csv = (table) => {
    const {columns, rows} = content(table, true);
    const field = (text) => {
      let bare = text === "–" ? "" : plain(text);
      if (/^[=@]|^[+-].*[(|!]/.test(bare)) bare = `'${bare}`; // a spreadsheet would run it
      return /[",\n]/.test(bare) ? `"${bare.replace(/"/g, '""')}"` : bare;
    };
    return [columns.map((column) => column.name), ...rows].map((row) => row.map(field).join(",")).join("\n") + "\n";
  };

  const markdown = (table) => {
    const {columns, rows} = content(table, false);
    const line = (cells) => `| ${cells.map((text) => text.replace(/[\\|<*_`\[\]]/g, "\\$&")).join(" | ")} |`;
    const rule = `|${columns.map((column) => (column.right ? "---:" : "---")).join("|")}|`;
    return [line(columns.map((column) => column.name)), rule, ...rows.map(line)].join("\n") + "\n";
  };

  const SIGNS = {
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "−": "$-$", "–": "--",
    "×": "$\\times$", "±": "$\\pm$", "<": "$<$", ">": "$>$", "“": "``", "”": "''", "’": "'", "…": "\\dots{}",
  };
  const latex = (table) => {
    const {columns, rows} = content(table, false);
    const escaped = (text) => text.replace(/[\\~^−–×±<>“”’…&%$#_{}]/g, (sign) => SIGNS[sign] ?? `\\${sign}`);
    const line = (cells) => `${cells.map(escaped).join(" & ")} \\\\`;
    return [
      "% needs \\usepackage{booktabs}",
      `\\begin{tabular}{${columns.map((column) => (column.right ? "r" : "l")).join("")}}`,
      "\\toprule", line(columns.map((column) => column.name)), "\\midrule", ...rows.map(line), "\\bottomrule",
      "\\end{tabular}",
    ].join("\n") + "\n";
  };

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // a page that is not served securely has no clipboard
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  const save = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const tools = (table, box) => {
    const bar = document.createElement("div");
    bar.className = "tools";
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    const about = box.getAttribute("aria-label") || "table";
    const count = (rows) => `${rows} row${rows === 1 ? "" : "s"}`;
    const shown = () => [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
    const button = (label, title, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = label;
      made.title = title;
      made.setAttribute("aria-label", `${title}: ${about}`);
      made.addEventListener("click", act);
      return made;
    };
    const body = groups(table.tBodies[0]);
    if (body.length > LONG) {
      const filter = document.createElement("input");
      filter.type = "search";
      filter.placeholder = "Filter rows";
      filter.setAttribute("aria-label", `Filter rows: ${about}`);
      filter.addEventListener("input", () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        let kept = 0;
        for (const group of body) {
          const text = group.map((row) => row.textContent).join(" ").toLowerCase();
          const keep = words.every((word) => text.includes(word));
          kept += keep;
          for (const row of group) row.hidden = !keep;
        }
        said.textContent = words.length ? `${kept} of ${count(body.length)}` : "";
      });
      bar.append(filter);
    }
    const exports = document.createElement("span");
    exports.className = "take";
    exports.append("Copy ");
    for (const [label, form] of [["CSV", csv], ["Markdown", markdown], ["LaTeX", latex]]) {
      exports.append(button(label, `Copy as ${label}`, async () => {
        await copied(form(table));
        said.textContent = `${label} copied, ${count(shown())}`;
      }));
    }
    const name = [document.body.dataset.study, table.dataset.name || "table"].filter(Boolean).join("-");
    exports.append(" Save ", button("CSV", "Save as CSV", () => save(csv(table), `${name.replace(/[^\w.-]+/g, "-")}.csv`)));
    bar.append(said, exports);
    box.before(bar);
  };

  for (const box of document.querySelectorAll(".scroll")) {
    const table = box.querySelector("table");
    if (!table?.tHead || !table.tBodies[0]?.rows.length) continue;
    sortable(table);
    tools(table, box);
  }
})();
