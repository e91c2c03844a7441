package insight

import (
	"runtime"
	"sync"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// fewChunks is the number of chunks that one goroutine takes sooner than it starts another one.
const fewChunks = 8

// part is what one goroutine has found in some of the chunks.
type part[P any] interface {
	// add adds the selected rows of a chunk.
	add(p *pick, c *cases.Chunk, rows []uint16)
	// merge adds what another part has found. The other one is not used again.
	merge(other P)
}

// fan passes over the chunks in as many goroutines as GOMAXPROCS, which end before it returns, and returns what they have found together. Answers do
// not depend on their number: counts are whole numbers, and lists are sorted. A context that ends stops it.
func fan[P part[P]](p *pick, chunks []*cases.Chunk, start func() P) P {
	workers := p.v.workers
	if workers == 0 {
		workers = max(1, min(runtime.GOMAXPROCS(0), len(chunks)/fewChunks))
	}
	parts := make([]P, workers)
	var all sync.WaitGroup
	for n := range parts {
		parts[n] = start()
		all.Go(func() {
			var list [cases.Rows]uint16
			for i := n; i < len(chunks) && p.ctx.Err() == nil; i += workers {
				if c := chunks[i]; c != nil {
					parts[n].add(p, c, p.rows(c, list[:]))
				}
			}
		})
	}
	all.Wait()
	for _, other := range parts[1:] {
		parts[0].merge(other)
	}
	return parts[0]
}
