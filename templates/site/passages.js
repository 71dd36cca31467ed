/* Stepping through the versions of a passage: buttons and arrow keys. Without it, rows scroll and links lead on. */
"use strict";

const text = document.querySelector(".passages .text");

function versionsOf(line) {
  return [...line.querySelectorAll(":scope > .version")];
}

function shown(line) {
  const versions = versionsOf(line);
  const left = line.getBoundingClientRect().left;
  let nearest = 0;
  versions.forEach((version, index) => {
    const distance = Math.abs(version.getBoundingClientRect().left - left);
    if (distance < Math.abs(versions[nearest].getBoundingClientRect().left - left)) nearest = index;
  });
  return nearest;
}

function step(line, by) {
  const versions = versionsOf(line);
  const target = versions[Math.min(Math.max(shown(line) + by, 0), versions.length - 1)];
  line.scrollTo({ left: target.offsetLeft - line.offsetLeft, behavior: "instant" });
}

function furnish(line) {
  const steps = document.createElement("div");
  steps.className = "line-steps";
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  const buttons = [[-1, text.dataset.previous, "←"], [1, text.dataset.next, "→"]].map(([by, name, sign]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `${name}, ${line.getAttribute("aria-label")}`);
    button.textContent = sign;
    button.addEventListener("click", () => step(line, by));
    steps.append(button);
    return button;
  });
  steps.append(status);
  line.before(steps);

  const update = () => {
    const versions = versionsOf(line);
    const fits = line.scrollWidth <= line.clientWidth + 1;
    const at = shown(line);
    steps.hidden = fits;
    status.textContent = `${at + 1} / ${versions.length}`;
    const atEnd = line.scrollLeft + line.clientWidth >= line.scrollWidth - 1;
    buttons[0].setAttribute("aria-disabled", String(line.scrollLeft <= 1));
    buttons[1].setAttribute("aria-disabled", String(atEnd));
  };
  line.addEventListener("scroll", update, { passive: true });
  line.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    step(line, by);
  });
  new ResizeObserver(update).observe(line);
  update();
}

if (text) text.querySelectorAll(".versions").forEach(furnish);
