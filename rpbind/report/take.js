// Take it out: files that are packed into the page, and every table with all its digits
(() => {
  const box = document.getElementById("take-data");
  if (!box) return;
  const status = document.getElementById("take-status");
  const unpacked = async () => {
    const bytes = Uint8Array.from(atob(JSON.parse(box.textContent)), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  let data; // unpacked at the first click
  const whole = () => (data ??= unpacked());

  const save = (text, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    status.textContent = `saved: ${name}`;
  };
  const named = (name) => `${document.body.dataset.study}-${name}`.replace(/[^\w.+=-]+/g, "-");

  // Fractions as rpbind writes them: large and small ones as 1.2e-05, whole ones as 1.0
  const fraction = (value, largest, whole = "") => {
    const [digits, exponent] = value.toExponential().split("e");
    const power = Number(exponent);
    if (value && (power < -4 || power >= largest)) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
    return String(value) + (Number.isInteger(value) ? whole : "");
  };
  const shown = (value, isFraction) => {
    if (value === null) return "";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (!isFraction) return String(value);
    const size = Math.abs(value);
    return (size && size < 1e-3) || size >= 1e4 ? fraction(Number(value.toPrecision(4)), 4) : value.toFixed(4);
  };
  const isNumeric = (rows, at) => rows.some((row) => row[at] !== null)
    && rows.every((row) => row[at] === null || typeof row[at] === "number");
  const oneLine = (text) => text.replace(/\s+/g, " ").trim();

  // JSON has one kind of number: `isWhole(row, column)` tells 1.0 from 1
  const fractions = (rows, isWhole) => (value, row, at) => typeof value === "number" && (!Number.isInteger(value) || isWhole(row, at));
  const csv = ({columns, rows}, isWhole) => {
    const isFraction = fractions(rows, isWhole);
    const field = (value, row, at) => {
      let text = value === null ? "" : typeof value === "boolean" ? (value ? "True" : "False") : String(value);
      if (isFraction(value, row, at)) text = fraction(value, 16, ".0");
      if (typeof value === "string" && /^[=@]|^[+-].*[(|!]/.test(text)) text = `'${text}`; // a spreadsheet would run it
      return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
    };
    const lines = rows.map((row, number) => row.map((value, at) => field(value, number, at)));
    return [columns.map((each) => field(each.name)), ...lines].map((line) => line.join(",")).join("\n") + "\n";
  };
  const markdown = ({columns, rows}, isWhole) => {
    const isFraction = fractions(rows, isWhole);
    const escaped = (text) => oneLine(text.replace(/[\\|*`[]/g, "\\$&").replace(/&/g, "&amp;").replace(/</g, "&lt;"));
    const line = (cells) => `| ${cells.map(escaped).join(" | ")} |`;
    const rule = `|${columns.map((_, at) => (isNumeric(rows, at) ? "---:" : "---")).join("|")}|`;
    return [line(columns.map((each) => each.name)), rule, ...rows.map((row, number) => line(row.map((value, at) => shown(value, isFraction(value, number, at)))))].join("\n") + "\n";
  };
  const SIGNS = {
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "×": "$\\times$", "±": "$\\pm$", "−": "$-$", "–": "--", "Δ": "$\\Delta$", "≤": "$\\leq$", "≥": "$\\geq$", "→": "$\\rightarrow$",
  };
  const tex = (text) => oneLine(text).replace(/[\\~^<>×±−–Δ≤≥→&%$#_{}]/g, (sign) => SIGNS[sign] ?? `\\${sign}`);
  const latex = ({title, columns, rows}, isWhole) => {
    const isFraction = fractions(rows, isWhole);
    const cell = (value, row, at) => {
      const text = shown(value, isFraction(value, row, at));
      return typeof value === "number" && text.startsWith("-") ? `$${text}$` : tex(text);
    };
    return [
      `\\begin{longtable}{${columns.map((_, at) => (isNumeric(rows, at) ? "r" : "l")).join("")}}`,
      `\\caption{${tex(title)}}\\\\`, "\\toprule",
      `${columns.map((each) => tex(each.name)).join(" & ")} \\\\`, "\\midrule\\endhead",
      ...rows.map((row, number) => `${row.map((value, at) => cell(value, number, at)).join(" & ")} \\\\`), "\\bottomrule", "\\end{longtable}",
    ].join("\n") + "\n";
  };
  const FORMS = {csv: [csv, "text/csv"], md: [markdown, "text/markdown"], tex: [latex, "application/x-tex"]};

  const acts = {
    take: async (name) => {
      const {files, findings} = await whole();
      if (name === "findings.json") save(`${JSON.stringify(findings, null, 1)}\n`, named(name), "application/json");
      else save(files[name], named(name), "text/plain");
    },
    table: async (form) => {
      const {findings, whole_fractions: places} = await whole();
      const name = document.getElementById("take-table").value;
      const [write, type] = FORMS[form];
      const table = findings.tables.find((each) => each.name === name);
      const there = new Set(places[name]);
      const isWhole = (row, at) => there.has(row * table.columns.length + at);
      save(write(table, isWhole), named(`${name}.${form}`), type);
    },
    claim: async () => {
      const {claims} = await whole();
      const {file, ...card} = claims.cards[document.getElementById("take-claim").value];
      const rows = Object.fromEntries(card.rows.map((run) => [run, claims.hashes[run]]));
      save(`${JSON.stringify({...claims.common, ...card, rows}, null, 1)}\n`, file, "application/json");
    },
    copy: async (key) => {
      const {findings} = await whole();
      try {
        await navigator.clipboard.writeText(findings[key]);
      } catch { // a page that is not served securely has no clipboard
        const area = document.createElement("textarea");
        area.value = findings[key];
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      status.textContent = "copied";
    },
  };
  document.getElementById("take").addEventListener("click", (event) => {
    const given = event.target.closest("button")?.dataset ?? {};
    for (const [name, act] of Object.entries(acts)) if (name in given) act(given[name]);
  });
})();
