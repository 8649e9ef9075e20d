// A stand-in.

export function mountSteer(root) {
  root.textContent = "Steer is not here yet.";
  return () => {};
}
