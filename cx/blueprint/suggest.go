package blueprint

import "cairncx.dev/cairn/internal/nearest"

// Suggest returns the known name that is nearest to name, or "" if none is near. Up to a third of the letters may be wrong.
// Case and the kind of dash do not count, and two swapped letters are one mistake. Among equally near names the first wins.
func Suggest(name string, known []string) string { return nearest.Name(name, known) }
