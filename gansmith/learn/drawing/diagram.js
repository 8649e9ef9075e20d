// The picture of an update, in which the part that happens is lit.

export function light(diagram, part) {
  for (const group of diagram.querySelectorAll("[data-parts]")) {
    group.classList.toggle("lit", group.dataset.parts.split(" ").includes(part));
  }
}
