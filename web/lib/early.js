// Runs before the first paint, as a classic script: a remembered theme must not flash the other one.
try {
  const theme = localStorage.getItem('ambos.theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme is right then.
}
