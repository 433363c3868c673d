/**
 * Tells React what somebody put into a control before the page's scripts answered. Hydration leaves it on the screen and in no state: the
 * form would be sent without it, and the next change would wipe it away. Does nothing where the control shows what it was rendered with.
 */
export function tellEarlyInput(control: Element | null): void {
  if (control instanceof HTMLSelectElement) {
    const rendered = [...control.options].find((option) => option.defaultSelected) ?? control.options[0];
    if (rendered && rendered.value !== control.value) control.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  if (!(control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement)) return;
  if (control instanceof HTMLInputElement && control.type === "checkbox") {
    if (control.checked === control.defaultChecked) return;
    control.checked = control.defaultChecked;
    control.click();
    return;
  }
  const typed = control.value;
  if (typed === control.defaultValue) return;
  // React takes an event seriously when the value isn't the one that was last set through the element, which is what it watches.
  control.value = control.defaultValue;
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), "value")?.set?.call(control, typed);
  control.dispatchEvent(new Event("input", { bubbles: true }));
}
