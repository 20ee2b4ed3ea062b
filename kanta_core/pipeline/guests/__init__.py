"""What guests do: join by an invitation, find themselves, have themselves forgotten."""
