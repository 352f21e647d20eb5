// Markdown as proposals and reviewers write it: headings, lists, code, emphasis. All text is text: no tag of theirs is
// one.
function inlineProse(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*/g)) {
    out.push(text.slice(at, match.index));
    const [whole, code, strong, soft] = match;
    out.push(code ? h("code", {}, code) : strong ? h("strong", {}, strong) : h("em", {}, soft));
    at = match.index + whole.length;
  }
  return out.concat(text.slice(at));
}

function prose(text) {
  const out = h("div", {class: "prose"});
  let list = null, paragraph = [], code = null;
  const close = () => {
    if (paragraph.length) out.append(h("p", {}, inlineProse(paragraph.join(" "))));
    paragraph = [];
    list = null;
  };
  for (const line of text.split("\n")) {
    if (code) {
      if (!line.startsWith("```")) {
        code.push(line);
        continue;
      }
      out.append(sourceText(code.join("\n"), "code"));
      code = null;
      continue;
    }
    const heading = line.match(/^(#{1,6})\s+(.*)/), item = line.match(/^\s*(?:[-*]|\d+\.)\s+(.*)/);
    if (line.startsWith("```")) {
      close();
      code = [];
    } else if (heading) {
      close();
      out.append(h(heading[1].length < 3 ? "h3" : "h4", {}, inlineProse(heading[2])));
    } else if (item) {
      if (!list) {
        close();
        list = h("ul", {});
        out.append(list);
      }
      list.append(h("li", {}, inlineProse(item[1])));
    } else if (!line.trim())
      close();
    else if (list && /^\s/.test(line))
      list.lastElementChild.append(" ", ...inlineProse(line.trim()));
    else {
      if (list) close();
      paragraph.push(line.trim());
    }
  }
  if (code) out.append(sourceText(code.join("\n"), "code"));
  close();
  return out;
}
