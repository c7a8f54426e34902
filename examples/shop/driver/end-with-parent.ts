// Loaded into each process of the shop before its program: if whoever started it is gone, it ends too, so a demo that was
// killed leaves nothing behind.
process.channel?.unref();
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
