package paths

// ShowAll lets the answers show groups of any size.
func (p *Paths) ShowAll() { p.fewest = 1 }

// SetWorkers sets the number of goroutines of a question.
func (p *Paths) SetWorkers(n int) { p.workers = n }

// Between is tested against published values.
var Between = between

// SpreadOf is tested against sorted lists.
var SpreadOf = spreadOf

// SortNumbers is tested against slices.Sort.
func SortNumbers[T int64 | uint64](values []T) { sortNumbers(values) }

// Distinct is tested with it.
var Distinct = distinct
