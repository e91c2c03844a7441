package paths

// ShowAll lets the answers show groups of any size.
func (p *Paths) ShowAll() { p.fewest = 1 }

// SetWorkers sets the number of goroutines of a question.
func (p *Paths) SetWorkers(n int) { p.workers = n }

// Between is tested against published values.
var Between = between
