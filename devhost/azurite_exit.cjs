// Azurite saves its books when it is told to end, but then waits for clients without limit. This is the limit.
for (const name of ["SIGTERM", "SIGINT"]) {
  process.once(name, () => setTimeout(() => process.exit(0), 2500).unref());
}
