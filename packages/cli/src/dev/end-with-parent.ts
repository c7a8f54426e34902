// Loaded into each service that `dev` runs, before its program: when `dev` is gone, however it went, the service stops cleanly.
process.channel?.unref();
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
