// The page of a running study is read again, at the same place, while nobody marks text in it
setInterval(() => { if (document.getSelection().isCollapsed) location.reload(); }, 30000);
