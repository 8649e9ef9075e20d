// A stand-in.

export function mountQuiz(root) {
  root.textContent = "Quiz is not here yet.";
  return () => {};
}
