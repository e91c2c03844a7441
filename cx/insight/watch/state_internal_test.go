package watch

import (
	"strings"
	"testing"
)

// TestDropped: what is given up, because too much could not be told, is told to the error handler once. A step is never given up.
func TestDropped(t *testing.T) {
	t.Parallel()
	var told []string
	e := &entry{ID: "00aa"}
	e.todo(pending{Do: doFind})
	for range maxPending + 1 {
		e.todo(pending{Do: doTell + string(NewsWorse)})
	}
	r := &refresh{w: &Watch{cfg: config{tell: func(err error) { told = append(told, err.Error()) }}}, book: &book{entries: map[string]*entry{e.ID: e}}}
	r.drops()
	r.drops()
	if len(told) != 2 || !strings.Contains(told[0], `00aa has more than 32 things to tell: "worse" is given up`) {
		t.Errorf("told is %q", told)
	}
	if len(e.Pending) != maxPending || e.Pending[0].Do != doFind {
		t.Errorf("%d are left: %+v", len(e.Pending), e.Pending[0])
	}
}
