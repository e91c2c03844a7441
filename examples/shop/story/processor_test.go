package story_test

import (
	"testing"

	"cairncx.dev/cairn/examples/shop/story"
	"cairncx.dev/cairn/exporters/processortest"
)

// TestTallyIsAProcessor: a Tally keeps the contract of processors.
func TestTallyIsAProcessor(t *testing.T) {
	processortest.Run(t, func(*testing.T) processortest.Subject {
		return processortest.Subject{Processor: story.NewTally()}
	})
}
