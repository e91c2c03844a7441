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

// AgeOf is tested against a plain computation: of the ages of runs, and when after their start they arrived, in microseconds.
func AgeOf(ages, afters []int64) Age {
	arrivals := make([]arrival, len(ages))
	for i := range ages {
		arrivals[i] = arrival{ages[i], afters[i]}
	}
	return ageOf(arrivals)
}
