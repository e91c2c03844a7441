package breakdown

// Counted says in words what the share of a chart is of, such as `runs of "order" that were not completed`.
func Counted(s Subject) string { return counted(s) }
