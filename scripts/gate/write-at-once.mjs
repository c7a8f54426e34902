// Preloaded by test files: what a process writes to a pipe is written at once. It is ended when its tests are through (`forceExit`), and
// what a busy reader had not taken by then would be lost, results of tests among it.
process.stdout._handle?.setBlocking?.(true);
