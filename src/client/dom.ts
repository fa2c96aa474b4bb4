/** Elements and their texts, in Internet Explorer 8, too: it has no textContent. */

export function byId(id: string): HTMLElement | null {
  return document.getElementById(id);
}

export function setText(element: HTMLElement, text: string) {
  while (element.firstChild) element.removeChild(element.firstChild);
  if (text) element.appendChild(document.createTextNode(text));
}
