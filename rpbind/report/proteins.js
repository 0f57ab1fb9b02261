// The table of proteins for any two arms; the numbers are those of the table of experiments
(() => {
  const table = document.querySelector('table[data-name="proteins"]');
  const every = document.querySelector('table[data-name="experiments"]');
  if (!table || !every) return;
  const FIXED = 4; // columns of the table of experiments before the scores
  const text = (cell) => cell.textContent.trim();
  const names = [...every.tHead.rows[0].cells].slice(FIXED).map(text);
  const [low, head] = [Number(table.querySelector(".axis-of-pair").dataset.low), table.tHead.rows[0].cells];
  if (names.length < 3) return;
  const scores = new Map([...every.tBodies[0].rows].map((row) => [text(row.cells[0]), [...row.cells].slice(FIXED).map(text)]));
  const place = (auroc) => (6 + (Number(auroc) - low) / (1 - low) * 108).toFixed(1);
  const known = (auroc) => auroc !== undefined && !Number.isNaN(Number(auroc));
  const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
  const circle = (name, auroc) => (known(auroc) ? `<circle class="${name}" cx="${place(auroc)}" cy="7" r="4"/>` : "");
  const chosen = () => selects.map((select) => Number(select.value));
  const show = () => {
    const [arm, other] = chosen();
    [arm, other].forEach((at, which) => { head[3 + which].querySelector(".whose").textContent = ` ${names[at]}`; });
    for (const row of table.tBodies[0].rows) {
      const mine = scores.get(text(row.cells[0]))?.[arm], others = scores.get(text(row.cells[0]))?.[other];
      const both = known(mine) && known(others);
      row.cells[3].textContent = mine ?? "–";
      row.cells[4].textContent = others ?? "–";
      row.cells[5].textContent = both ? signed(mine - others) : "–";
      row.cells[6].querySelector("svg").innerHTML = `<path class="zero" d="M${place(0.5)} 0V14"/>`
        + (both ? `<path class="between" d="M${place(others)} 7H${place(mine)}"/>` : "")
        + circle("other", others) + circle("mine", mine);
    }
    table.dispatchEvent(new Event("changed"));
  };
  const box = document.createElement("div");
  box.className = "choose";
  const selects = ["Arm", "compared with"].map((label, which) => {
    const select = document.createElement("select");
    const now = text(head[3 + which].querySelector(".whose"));
    names.forEach((name, at) => select.add(new Option(name, at, name === now, name === now)));
    select.addEventListener("change", show);
    const about = document.createElement("label");
    about.append(`${label} `, select);
    box.append(about);
    return select;
  });
  table.parentElement.before(box);
})();
