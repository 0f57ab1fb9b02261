// Text that a reader takes along, such as a recipe: copy it, or save it as a file
(() => {
  for (const text of document.querySelectorAll("pre[data-file]")) {
    const bar = document.createElement("div");
    bar.className = "tools";
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    const button = (label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = label;
      made.setAttribute("aria-label", `${label}: ${text.dataset.file}`);
      made.addEventListener("click", act);
      return made;
    };
    const copy = button("Copy", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
      } catch { // a page that is not served securely has no clipboard
        getSelection().selectAllChildren(text);
        document.execCommand("copy");
      }
      said.textContent = "copied";
    });
    const save = button("Save", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text.textContent], {type: "application/toml"}));
      link.download = text.dataset.file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    bar.append(said, copy, " ", save);
    text.before(bar);
  }
})();
